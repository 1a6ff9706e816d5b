//! On PostgreSQL the calls lie in a table a month, which the server makes and drops; SQLite keeps its one table.
//!
//! A call's id begins with when it happened as first told, and decides its month: ids find their table at once, other tables
//! name calls by id alone as before, and no call ever moves. A key of a source is unique across all months, which
//! `call_key` sees to; triggers keep it, whoever writes.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend, Statement},
};

use crate::schema::*;

migration!("m0028_call_months", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    if m.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let db = m.get_connection();
    let asked = Statement::from_string(DbBackend::Postgres, "SELECT quote_ident(current_schema()) AS name");
    let schema: Option<String> =
        db.query_one_raw(asked).await?.map(|row| row.try_get("", "name")).transpose()?;
    // What runs as the owner must not find a table that somebody else put before ours.
    let path = format!("SET search_path = {}, pg_temp", schema.unwrap_or_default());
    for statement in STATEMENTS {
        db.execute_unprepared(&statement.replace("SET search_path", &path)).await?;
    }
    Ok(())
}

const STATEMENTS: [&str; 9] = [SET_ASIDE, CALL, FIRST_ID, NAME, MAKE, DROP_EMPTY, CALL_KEY, TRIGGERS, MOVE];

// Their names are for the new table.
const SET_ASIDE: &str = "
    ALTER TABLE call_challenge DROP CONSTRAINT call_challenge_call_id_fk;
    ALTER TABLE case_evidence_call DROP CONSTRAINT case_evidence_call_call_id_fk;
    ALTER TABLE flag_call DROP CONSTRAINT flag_call_call_id_fk;
    ALTER TABLE call DROP CONSTRAINT call_pkey;
    DROP INDEX call_feed_id_source_id, call_property_id_occurred_at_id_index, call_address_key_index,
        call_feed_id_occurred_at_index;
    ALTER TABLE call RENAME TO call_before";

const CALL: &str = "
    CREATE TABLE call (LIKE call_before INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    CREATE INDEX call_property_id_occurred_at_id_index ON call (property_id, occurred_at, id);
    CREATE INDEX call_address_key_index ON call (address_key);
    CREATE INDEX call_feed_id_occurred_at_index ON call (feed_id, occurred_at)";

const FIRST_ID: &str = "
    CREATE FUNCTION first_call_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT rpad(lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid
    $$";

// Months are UTC's. What is told of before 2000 is rare and lies in one table.
const NAME: &str = "
    CREATE FUNCTION call_month(moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN moment < '2000-01-01Z' THEN 'call_before_2000'
            ELSE to_char(moment AT TIME ZONE 'UTC', '\"call_\"FMYYYY\"_\"MM') END
    $$";

// As the owner of the tables, since the role that serves may not make any. Whoever asks keeps the months from being
// dropped until its transaction ends. Readers and writers of other months do not notice when one is attached.
const MAKE: &str = "
    CREATE FUNCTION make_call_months(moments timestamptz[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path AS $$
    DECLARE
        moment timestamptz; name text; first timestamp; bounds text;
    BEGIN
        LOCK TABLE ONLY call IN ROW SHARE MODE;
        FOREACH moment IN ARRAY moments LOOP
            name := call_month(moment);
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            -- Others who make months wait here, and then see ours.
            LOCK TABLE ONLY call IN SHARE UPDATE EXCLUSIVE MODE;
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            IF moment < '2000-01-01Z' THEN
                bounds := format('FROM (MINVALUE) TO (%L)', first_call_id('2000-01-01Z'));
            ELSE
                first := date_trunc('month', moment AT TIME ZONE 'UTC');
                bounds := format('FROM (%L) TO (%L)', first_call_id(first AT TIME ZONE 'UTC'),
                    first_call_id((first + interval '1 month') AT TIME ZONE 'UTC'));
            END IF;
            EXECUTE format('CREATE TABLE %I (LIKE call INCLUDING DEFAULTS INCLUDING INDEXES)', name);
            EXECUTE format('ALTER TABLE call ATTACH PARTITION %I FOR VALUES %s', name, bounds);
        END LOOP;
    END $$";

// A month is dropped only when it has no call left, and given up when that would keep others waiting.
const DROP_EMPTY: &str = "
    CREATE FUNCTION drop_empty_call_months(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path SET lock_timeout = '2s' AS $$
    DECLARE
        month regclass; found boolean; dropped integer := 0;
    BEGIN
        FOR month IN SELECT inhrelid::regclass FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'call'::regclass AND relname < call_month(before) AND relname <> 'call_before_2000'
            ORDER BY relname
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', month) INTO found;
            CONTINUE WHEN found;
            LOCK TABLE ONLY call IN ACCESS EXCLUSIVE MODE;
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', month) INTO found;
            CONTINUE WHEN found;
            EXECUTE format('ALTER TABLE call DETACH PARTITION %s', month);
            EXECUTE format('DROP TABLE %s', month);
            dropped := dropped + 1;
        END LOOP;
        RETURN dropped;
    EXCEPTION WHEN lock_not_available THEN
        RETURN 0;
    END $$";

const CALL_KEY: &str = "
    CREATE TABLE call_key (
        feed_id uuid NOT NULL CONSTRAINT call_key_feed_id_fk REFERENCES feed (id) ON DELETE RESTRICT,
        source_id text NOT NULL,
        call_id uuid NOT NULL,
        PRIMARY KEY (feed_id, source_id)
    )";

const TRIGGERS: &str = "
    CREATE FUNCTION call_keys_told() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO call_key (feed_id, source_id, call_id) SELECT feed_id, source_id, id FROM told;
        RETURN NULL;
    END $$;
    CREATE FUNCTION call_keys_gone() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM call_key USING gone
            WHERE call_key.feed_id = gone.feed_id AND call_key.source_id = gone.source_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER call_keys_told AFTER INSERT ON call REFERENCING NEW TABLE AS told
        FOR EACH STATEMENT EXECUTE FUNCTION call_keys_told();
    CREATE TRIGGER call_keys_gone AFTER DELETE ON call REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION call_keys_gone()";

// Calls that were there keep their ids, which begin with when they were recorded, and lie in that month.
const MOVE: &str = "
    SELECT make_call_months(array_agg(DISTINCT date_trunc('month', to_timestamp(
        ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'))
        FROM call_before HAVING count(*) > 0;
    INSERT INTO call SELECT * FROM call_before;
    DROP TABLE call_before;
    ALTER TABLE call_challenge ADD CONSTRAINT call_challenge_call_id_fk
        FOREIGN KEY (call_id) REFERENCES call (id) ON DELETE RESTRICT;
    ALTER TABLE case_evidence_call ADD CONSTRAINT case_evidence_call_call_id_fk
        FOREIGN KEY (call_id) REFERENCES call (id) ON DELETE RESTRICT;
    ALTER TABLE flag_call ADD CONSTRAINT flag_call_call_id_fk
        FOREIGN KEY (call_id) REFERENCES call (id) ON DELETE RESTRICT";
