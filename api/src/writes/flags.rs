//! Flags: raised and withdrawn as the calls at a place change.

use entity::id::PropertyId;

use crate::{app::Tx, error::Result};

/// Holds the rules in force against the calls at these places; answers how many flags were raised.
pub async fn evaluate(_tx: &mut Tx, _properties: &[PropertyId]) -> Result<i32> {
    Ok(0)
}
