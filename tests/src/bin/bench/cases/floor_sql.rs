//! Each question as one statement that answers in JSON, and the one that looks a sign-in up, as the server itself does.

/// Whose session it is, in the very words of the server. `$1` is the secret's hash, `$2` now, `$3` the last use that is too
/// long ago, `$4` today.
pub const SIGN_IN: &str = "SELECT \"session\".\"id\", \"session\".\"method\", \"session\".\"last_used_at\", \
    \"session\".\"staff_id\", \"staff\".\"role\", \"team_seat\".\"district_id\" FROM \"session\" \
    INNER JOIN \"staff\" ON \"session\".\"staff_id\" = \"staff\".\"id\" \
    LEFT JOIN \"team_seat\" ON \"staff\".\"id\" = \"team_seat\".\"staff_id\" AND \"team_seat\".\"from_on\" <= $4 \
    AND (\"team_seat\".\"to_on\" IS NULL OR \"team_seat\".\"to_on\" >= $4) \
    WHERE \"session\".\"token_hash\" = $1 AND \"session\".\"revoked_at\" IS NULL AND \"session\".\"expires_at\" > $2 \
    AND \"session\".\"last_used_at\" > $3 AND \"staff\".\"active\" = TRUE";

/// `$1` the case. Members of staff may see every case.
pub const POINT: &str = "SELECT json_build_object('case', json_build_object('id', 'case_' || replace(c.id::text, '-', ''), \
    'number', c.number, 'version', c.version, 'title', c.title, 'stage', c.stage, 'priority', c.priority, \
    'openedAt', c.opened_at, 'nextActionOn', c.next_action_on, \
    'district', json_build_object('number', d.number, 'name', d.name), \
    'property', json_build_object('id', 'property_' || replace(p.id::text, '-', ''), 'address', p.address, \
    'useType', p.use_type), \
    'assignee', CASE WHEN s.id IS NULL THEN NULL ELSE json_build_object('id', 'staff_' || replace(s.id::text, '-', ''), \
    'name', s.name, 'role', s.role) END))::text FROM \"case\" AS c JOIN district AS d ON d.id = c.district_id \
    JOIN property AS p ON p.id = c.property_id LEFT JOIN staff AS s ON s.id = c.assignee_id WHERE c.id = $1";

/// `$1` the district's number, `$2` whether the viewer reads what is for attorneys.
pub const LIST: &str = "SELECT json_build_object('cases', json_build_object('nodes', json_agg(json_build_object( \
    'id', 'case_' || replace(c.id::text, '-', ''), 'number', c.number, 'title', c.title, 'stage', c.stage, \
    'priority', c.priority, 'openedAt', c.opened_at, 'nextActionOn', c.next_action_on, \
    'property', json_build_object('id', 'property_' || replace(p.id::text, '-', ''), 'address', p.address, \
    'useType', p.use_type), \
    'assignee', CASE WHEN s.id IS NULL THEN NULL ELSE json_build_object('id', 'staff_' || replace(s.id::text, '-', ''), \
    'name', s.name, 'role', s.role) END, \
    'recentNotes', coalesce(n.notes, '[]'), 'legalActions', coalesce(a.actions, '[]')) \
    ORDER BY c.opened_at DESC, c.id DESC)))::text \
    FROM (SELECT \"case\".* FROM \"case\" JOIN district ON district.id = \"case\".district_id WHERE district.number = $1 \
    AND stage <> 'CLOSED' ORDER BY opened_at DESC, \"case\".id DESC LIMIT 50) AS c \
    JOIN property AS p ON p.id = c.property_id LEFT JOIN staff AS s ON s.id = c.assignee_id \
    LEFT JOIN LATERAL (SELECT json_agg(json_build_object('id', 'event_' || replace(id::text, '-', ''), \
    'occurredAt', occurred_at, 'summary', summary, 'body', body) ORDER BY position DESC) AS notes \
    FROM (SELECT * FROM case_event WHERE case_id = c.id AND kind = 'NOTE' AND ($2 OR NOT privileged) \
    ORDER BY position DESC LIMIT 5) AS newest) AS n ON TRUE \
    LEFT JOIN LATERAL (SELECT json_agg(json_build_object('id', 'action_' || replace(id::text, '-', ''), 'kind', kind, \
    'status', status, 'statusSince', status_since) ORDER BY created_at, id) AS actions \
    FROM legal_action WHERE case_id = c.id) AS a ON TRUE";

/// `$1` the first day.
pub const DOCKET: &str = "SELECT json_build_object('docket', json_build_object('nodes', json_agg(json_build_object( \
    'id', 'hearing_' || replace(h.id::text, '-', ''), 'startsAt', h.starts_at, 'court', h.court, \
    'department', h.department, 'purpose', h.purpose, 'legalAction', json_build_object( \
    'id', 'action_' || replace(a.id::text, '-', ''), 'kind', a.kind, 'status', a.status, \
    'responsibleAttorney', CASE WHEN s.id IS NULL THEN NULL ELSE \
    json_build_object('id', 'staff_' || replace(s.id::text, '-', ''), 'name', s.name) END, \
    'case', json_build_object('id', 'case_' || replace(c.id::text, '-', ''), 'number', c.number, 'title', c.title, \
    'district', json_build_object('number', d.number), \
    'property', json_build_object('id', 'property_' || replace(p.id::text, '-', ''), 'address', p.address)))) \
    ORDER BY h.starts_at, h.id)))::text \
    FROM (SELECT * FROM hearing WHERE status = 'SCHEDULED' \
    AND starts_at >= $1::timestamp AT TIME ZONE 'America/Los_Angeles' \
    AND starts_at < TIMESTAMP '2027-10-01' AT TIME ZONE 'America/Los_Angeles' ORDER BY starts_at, id LIMIT 100) AS h \
    JOIN legal_action AS a ON a.id = h.legal_action_id JOIN \"case\" AS c ON c.id = a.case_id \
    JOIN district AS d ON d.id = c.district_id JOIN property AS p ON p.id = c.property_id \
    LEFT JOIN staff AS s ON s.id = a.responsible_attorney_id";

/// The aggregate over the calls themselves.
pub const HIGH_VOLUME: &str = "SELECT json_build_object('highVolumeProperties', json_build_object('nodes', json_agg( \
    json_build_object('property', json_build_object('id', 'property_' || replace(p.id::text, '-', ''), \
    'address', p.address, 'useType', p.use_type), 'volume', json_build_object('qualifying', busy.calls)) \
    ORDER BY busy.calls DESC, p.id)))::text \
    FROM (SELECT property_id, COUNT(*) AS calls FROM call \
    WHERE occurred_on > (SELECT (max(data_as_of) AT TIME ZONE 'America/Los_Angeles')::date FROM feed) - 90 \
    AND property_id IS NOT NULL AND withdrawn_at IS NULL AND NOT disposition_excludes AND NOT officer_initiated \
    AND precision IN ('UNIT', 'ADDRESS') \
    AND category IN ('NOISE', 'DISTURBANCE', 'DRUG', 'ASSAULT', 'TRESPASS', 'VANDALISM') \
    GROUP BY property_id ORDER BY calls DESC, property_id LIMIT 20) AS busy JOIN property AS p ON p.id = busy.property_id";

/// Actions and late deadlines, each from an index alone.
pub const SUMMARY: &str = "SELECT json_build_object('legalActionSummary', json_agg(json_build_object( \
    'district', d.number, 'status', g.status, 'count', g.count, 'overdueDeadlines', coalesce(late.count, 0), \
    'oldestStatusSince', g.since) ORDER BY d.number, array_position(ARRAY['REFERRED', 'DECLINED', 'AUTHORIZED', \
    'PREPARING', 'FILED', 'SERVED', 'HEARING_SET', 'HEARD', 'ORDERED', 'COMPLYING', 'APPEALED', 'SATISFIED', 'SETTLED', \
    'DISMISSED', 'DENIED', 'WITHDRAWN', 'EXPIRED'], g.status::text)))::text \
    FROM (SELECT district_id, status, COUNT(*) AS count, MIN(status_since) AS since FROM legal_action \
    GROUP BY district_id, status) AS g JOIN district AS d ON d.id = g.district_id \
    LEFT JOIN (SELECT district_id, action_status, COUNT(*) AS count FROM deadline WHERE completed_on IS NULL \
    AND kind = 'DUE' AND due_on < $1 AND legal_action_id IS NOT NULL GROUP BY district_id, action_status) AS late \
    ON late.district_id = g.district_id AND late.action_status = g.status";

/// The note with its place in the case's chain, the audit row and the retry key. `$1` the case, `$2` the note, `$3` the key,
/// `$4` who, `$5` the hash of what was sent, `$6` to `$9` ids, `$10` when.
pub const NOTE: &str = "WITH once AS (INSERT INTO idempotency_record (id, actor, mutation, key, input_hash, object_id, \
    created_at) VALUES ($6, 'staff_' || replace($4::uuid::text, '-', ''), 'caseAddNote', $3, $5, $7, $10) \
    ON CONFLICT (actor, mutation, key) DO NOTHING RETURNING object_id), \
    moved AS (UPDATE \"case\" SET event_count = event_count + 1, updated_at = $10, event_hash = encode(sha256(convert_to( \
    concat_ws('|', $7::text, id, event_count + 1, 'NOTE', $4::text, version, $10, $2, event_hash), 'UTF8')), 'hex') \
    FROM once WHERE \"case\".id = $1 RETURNING \"case\".id, event_count, version, event_hash), \
    written AS (INSERT INTO case_event (id, case_id, position, transaction, kind, occurred_at, recorded_at, actor_id, \
    summary, body, privileged, changes, case_version, previous_hash, hash) SELECT $7, moved.id, moved.event_count, \
    pg_current_xact_id()::text::bigint, 'NOTE', $10, $10, $4, 'Note', $2, FALSE, '[]', moved.version, \
    before.event_hash, moved.event_hash FROM moved JOIN \"case\" AS before ON before.id = moved.id \
    RETURNING id, kind, occurred_at, summary, body), \
    kept AS (INSERT INTO audit_row (id, recorded_at, staff_id, action, subject, request_id, address, result) \
    SELECT $8, $10, $4, 'caseAddNote', 'case_' || replace($1::uuid::text, '-', ''), $9, '127.0.0.1', 'DONE' FROM moved) \
    SELECT json_build_object('caseAddNote', json_build_object('event', json_build_object( \
    'id', 'event_' || replace(id::text, '-', ''), 'kind', kind, 'occurredAt', occurred_at, 'summary', summary, \
    'body', body), 'userErrors', json_build_array()))::text FROM written";

/// [`LIST`] as SQLite writes it. `?1` the district's number, `?2` whether the viewer reads what is for attorneys.
pub const LIST_OF_SQLITE: &str = "SELECT json_object('cases', json_object('nodes', json_group_array(json_object( \
    'id', 'case_' || lower(hex(c.id)), 'number', c.number, 'title', c.title, 'stage', c.stage, \
    'priority', c.priority, 'openedAt', replace(c.opened_at, ' ', 'T'), 'nextActionOn', c.next_action_on, \
    'property', json_object('id', 'property_' || lower(hex(p.id)), 'address', p.address, 'useType', p.use_type), \
    'assignee', CASE WHEN s.id IS NULL THEN NULL ELSE json_object('id', 'staff_' || lower(hex(s.id)), \
    'name', s.name, 'role', s.role) END, \
    'recentNotes', json((SELECT json_group_array(json_object('id', 'event_' || lower(hex(id)), \
    'occurredAt', replace(occurred_at, ' ', 'T'), 'summary', summary, 'body', body)) \
    FROM (SELECT * FROM case_event WHERE case_id = c.id AND kind = 'NOTE' AND (?2 OR NOT privileged) \
    ORDER BY position DESC LIMIT 5))), \
    'legalActions', json((SELECT json_group_array(json_object('id', 'action_' || lower(hex(id)), 'kind', kind, \
    'status', status, 'statusSince', replace(status_since, ' ', 'T'))) \
    FROM (SELECT * FROM legal_action WHERE case_id = c.id ORDER BY created_at, id))))))) \
    FROM (SELECT \"case\".* FROM \"case\" JOIN district ON district.id = \"case\".district_id WHERE district.number = ?1 \
    AND stage <> 'CLOSED' ORDER BY opened_at DESC, \"case\".id DESC LIMIT 50) AS c \
    JOIN property AS p ON p.id = c.property_id LEFT JOIN staff AS s ON s.id = c.assignee_id";
