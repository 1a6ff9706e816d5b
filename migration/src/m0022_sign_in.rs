//! Signing in: sessions that end when nobody uses them, tokens of some districts only, second factors, and the city's own
//! provider of identities.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0022_sign_in", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    // Nobody knows when sessions of before were used last: whoever has one signs in again.
    m.drop_table(Table::drop().table("session").take()).await?;
    let session = table("session")
        .col(text("token_hash"))
        .col(uuid("staff_id"))
        .col(text("method"))
        .col(optional(text("address")))
        .col(optional(text("user_agent")))
        .col(time("created_at"))
        .col(time("last_used_at"))
        .col(time("expires_at"))
        .col(optional(time("revoked_at")))
        .take();
    create(m, "session", session, &[("staff_id", "staff")]).await?;
    unique(m, "session", &["token_hash"]).await?;

    // SQLite takes one column a statement.
    for column in [optional(json("districts")), optional(uuid("made_by")), optional(time("last_used_at"))] {
        m.alter_table(Table::alter().table("access_token").add_column(column).take()).await?;
    }

    let factor = table("second_factor")
        .col(uuid("staff_id"))
        .col(text("secret"))
        .col(time("created_at"))
        .col(optional(time("confirmed_at")))
        .col(big_integer("last_step"))
        .take();
    m.create_table({ factor }.foreign_key(&mut key("second_factor", "staff_id", "staff")).take()).await?;
    unique(m, "second_factor", &["staff_id"]).await?;

    let code = table("recovery_code")
        .col(uuid("staff_id"))
        .col(text("code_hash"))
        .col(optional(time("used_at")))
        .take();
    create(m, "recovery_code", code, &[("staff_id", "staff")]).await?;

    let account = table("openid_account")
        .col(uuid("staff_id"))
        .col(text("issuer"))
        .col(text("subject"))
        .col(time("created_at"))
        .take();
    create(m, "openid_account", account, &[("staff_id", "staff")]).await?;
    unique(m, "openid_account", &["issuer", "subject"]).await?;

    let start = table("openid_start")
        .col(text("state_hash"))
        .col(text("browser_hash"))
        .col(text("nonce"))
        .col(text("verifier"))
        .col(time("created_at"))
        .take();
    create(m, "openid_start", start, &[]).await?;
    unique(m, "openid_start", &["state_hash"]).await?;
    index(m, "openid_start", &["created_at"]).await
}
