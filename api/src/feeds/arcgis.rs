//! ArcGIS feature services: the rows of one layer, page by page in the order of their object ids.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::Url;
use serde_json::{Map, Value};

use super::{
    FeedError,
    connection::{Connection, Paging},
    connector::{Connector, Page, Start},
    contract,
    fetch::{Ask, Fetcher, Trouble, host_of},
    fetch_error::{FetchError, advice},
    json,
    mapping::FeedMapping,
    reading::RowReader,
    secret::Secret,
};

/// Times that a list which moves under our feet is begun anew.
const RESTARTS: u32 = 3;

/// A layer of a feature service, being read. Geometry is never asked for: calls are placed by their addresses, and a
/// layer's stand-in for a missing point (Sacramento's is -142.954, 31.096) can do no harm.
pub struct Arcgis {
    fetcher: Fetcher,
    /// `…/FeatureServer/0`
    layer: Url,
    mapping: FeedMapping,
    reader: RowReader,
    connection: Connection,
    since: Option<DateTime<Utc>>,
    described: Option<Layer>,
    place: Cursor,
    keys: Cursor,
    line: u64,
}

/// What a layer says of itself.
#[derive(Clone, Debug)]
struct Layer {
    object_id: String,
    /// Columns and their types.
    fields: BTreeMap<String, String>,
    /// Rows at most in one answer.
    most: u64,
}

/// How far a list has been read.
#[derive(Clone, Debug, Default)]
struct Cursor {
    /// The object id of the last row that was read.
    last: Option<i64>,
    /// How many rows were read; only where pages go by number.
    read: u64,
    restarts: u32,
    ended: bool,
}

impl Arcgis {
    /// The layer that the connection names.
    pub fn new(mapping: &FeedMapping, connection: &Connection, start: Start) -> Result<Self, FeedError> {
        let token = start.token.map(|token| Secret::new(format!("Bearer {}", token.reveal())));
        Ok(Self {
            fetcher: Fetcher::new(connection, token.as_ref().map(|token| ("X-Esri-Authorization", token)))?,
            layer: layer(connection.url.url())?,
            reader: RowReader::of(mapping),
            mapping: mapping.clone(),
            connection: connection.clone(),
            since: start.since,
            described: None,
            place: Cursor::default(),
            keys: Cursor::default(),
            line: 0,
        })
    }

    async fn describe(&mut self) -> Result<Layer, FeedError> {
        if let Some(layer) = &self.described {
            return Ok(layer.clone());
        }
        let mut url = self.layer.clone();
        url.set_query(Some("f=json"));
        let told = self.fetcher.json(&Ask { url, form: None }, |told| judged(&self.layer, told)).await?;
        let layer =
            Layer::of(&told).ok_or_else(|| self.strange("it does not describe the layer's fields"))?;
        self.described = Some(layer.clone());
        Ok(layer)
    }

    /// Asks by POST: a long question in the address is answered with 404.
    async fn ask(&self, mut form: Vec<(&'static str, String)>) -> Result<Value, FetchError> {
        form.push(("f", "json".to_owned()));
        let mut url = self.layer.clone();
        url.set_path(&format!("{}/query", url.path()));
        self.fetcher.json(&Ask { url, form: Some(form) }, |told| judged(&self.layer, told)).await
    }

    fn strange(&self, why: &str) -> FetchError {
        FetchError::Strange { host: host_of(&self.layer), why: why.to_owned() }
    }

    /// The next rows after the cursor; none when there are no more.
    ///
    /// They come after the last object id that was read and not by number, so that a row which is removed in between
    /// does not move another one past us; `resultOffset` is for layers whose ids cannot be compared.
    async fn next(
        &mut self,
        mut cursor: Cursor,
        columns: &BTreeSet<&str>,
        condition: Option<String>,
    ) -> Result<Option<(Vec<Map<String, Value>>, Cursor)>, FeedError> {
        let layer = self.describe().await?;
        let most = u64::from(self.connection.page_rows).clamp(1, layer.most);
        let by_number = self.connection.paging == Paging::Offset;
        while !cursor.ended {
            let mut conditions: Vec<String> = Vec::new();
            conditions.extend(self.connection.condition.as_ref().map(|written| format!("({written})")));
            conditions.extend(condition.clone());
            if let Some(last) = cursor.last.filter(|_| !by_number) {
                conditions.push(format!("{} > {last}", layer.object_id));
            }
            if conditions.is_empty() {
                conditions.push("1=1".to_owned());
            }
            let mut form = vec![
                ("where", conditions.join(" AND ")),
                ("outFields", layer.out_fields(columns)),
                ("orderByFields", layer.object_id.clone()),
                ("returnGeometry", "false".to_owned()),
                ("resultRecordCount", most.to_string()),
            ];
            if by_number {
                // Each page begins with the last row of the one before, if nothing moved.
                form.push(("resultOffset", cursor.read.saturating_sub(1).to_string()));
            }
            let told = self.ask(form).await?;
            let mut rows = self.rows(&told)?;
            // Both, because some servers set the mark only when their own limit was met.
            cursor.ended = !exceeded(&told) && (rows.len() as u64) < most;
            let id = |row: &Map<String, Value>| row.get(&layer.object_id).and_then(Value::as_i64);
            if let Some(last) = cursor.last.filter(|_| by_number) {
                match rows.iter().position(|row| id(row) == Some(last)) {
                    Some(at) => {
                        cursor.read += at as u64;
                        rows.drain(..=at);
                    }
                    None if cursor.restarts < RESTARTS => {
                        cursor = Cursor { restarts: cursor.restarts + 1, ..Cursor::default() };
                        continue;
                    }
                    None => return Err(FeedError::Restless),
                }
            }
            let Some(last) = rows.last() else { break };
            cursor.last = Some(id(last).ok_or_else(|| self.strange("a row has no object id"))?);
            cursor.read += rows.len() as u64;
            return Ok(Some((rows, cursor)));
        }
        Ok(None)
    }

    fn rows(&self, told: &Value) -> Result<Vec<Map<String, Value>>, FetchError> {
        let features = told.get("features").and_then(Value::as_array);
        let features = features.ok_or_else(|| self.strange("rows do not come as `features`"))?;
        let row = |feature: &Value| {
            let columns = feature.get("attributes").or_else(|| feature.get("properties"));
            columns.and_then(Value::as_object).cloned().ok_or_else(|| self.strange("a row has no attributes"))
        };
        features.iter().map(row).collect()
    }

    fn changed(&self) -> Option<String> {
        let column = self.connection.changed_at.as_ref()?;
        // Whole seconds, rounded down: a row of the same second is read again rather than missed.
        Some(format!("{column} > TIMESTAMP '{}'", self.since?.format("%Y-%m-%d %H:%M:%S")))
    }
}

impl Layer {
    fn of(told: &Value) -> Option<Self> {
        let fields: BTreeMap<String, String> = told
            .get("fields")?
            .as_array()?
            .iter()
            .filter_map(|field| {
                Some((field.get("name")?.as_str()?.to_owned(), field.get("type")?.as_str()?.to_owned()))
            })
            .collect();
        let named = told.get("objectIdField").and_then(Value::as_str).map(str::to_owned);
        let by_type =
            || fields.iter().find(|(_, kind)| *kind == "esriFieldTypeOID").map(|(name, _)| name.clone());
        let object_id = named.filter(|name| fields.contains_key(name)).or_else(by_type)?;
        let most =
            told.get("maxRecordCount").and_then(Value::as_u64).filter(|most| *most > 0).unwrap_or(1_000);
        Some(Self { object_id, fields, most })
    }

    /// The mapped columns and nothing else: what is not asked for cannot leak.
    fn out_fields(&self, columns: &BTreeSet<&str>) -> String {
        let mut named: BTreeSet<&str> = columns.clone();
        named.insert(&self.object_id);
        named.into_iter().collect::<Vec<_>>().join(",")
    }
}

#[async_trait]
impl Connector for Arcgis {
    async fn check(&mut self) -> Result<(), FeedError> {
        self.described = None;
        let layer = self.describe().await?;
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        found.extend(layer.fields.iter().map(|(name, kind)| (name.as_str(), kind.as_str())));
        contract::held(&self.mapping, &self.connection, &found)
    }

    async fn page(&mut self) -> Result<Option<Page>, FeedError> {
        let mapping = self.mapping.clone();
        let mapped: BTreeSet<&str> = mapping.columns();
        let changed_at = self.connection.changed_at.clone();
        let asked: BTreeSet<&str> = mapped.iter().copied().chain(changed_at.as_deref()).collect();
        let condition = self.changed();
        let Some((rows, cursor)) = self.next(self.place.clone(), &asked, condition).await? else {
            return Ok(None);
        };
        let mut page = Page::default();
        for row in rows {
            let changed = changed_at.as_ref().and_then(|column| row.get(column)?.as_i64());
            page.newest_change = page.newest_change.max(changed.and_then(DateTime::from_timestamp_millis));
            self.line += 1;
            page.lines.push(self.reader.row(self.line, json::told(&row, &mapped)));
        }
        self.place = cursor;
        Ok(Some(page))
    }

    async fn count(&mut self) -> Result<Option<u64>, FeedError> {
        let condition = self.connection.condition.clone().unwrap_or_else(|| "1=1".to_owned());
        let form = vec![("where", condition), ("returnCountOnly", "true".to_owned())];
        let count = self.ask(form).await?.get("count").and_then(Value::as_u64);
        Ok(Some(count.ok_or_else(|| self.strange("it does not count its rows"))?))
    }

    async fn keys(&mut self) -> Result<Option<Vec<String>>, FeedError> {
        let key = self.mapping.source_key.clone();
        let columns: BTreeSet<&str> = key.iter().map(String::as_str).collect();
        let Some((rows, cursor)) = self.next(self.keys.clone(), &columns, None).await? else {
            return Ok(None);
        };
        self.keys = cursor;
        // A row without a key is no call of ours.
        Ok(Some(rows.iter().filter_map(|row| self.reader.key(&json::told(row, &columns)).ok()).collect()))
    }
}

/// The layer's own address, without what may follow it.
fn layer(url: &Url) -> Result<Url, FeedError> {
    let path = url.path().trim_end_matches('/');
    let number = path.rsplit('/').next().unwrap_or_default();
    let is_layer = (path.contains("/FeatureServer/") || path.contains("/MapServer/"))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_layer || url.query().is_some() {
        let why = "`url` must read like https://HOST/…/FeatureServer/0, with the layer's number at its end";
        return Err(FetchError::Connection(why.to_owned()).into());
    }
    let mut layer = url.clone();
    layer.set_path(path);
    Ok(layer)
}

/// Whether there are more rows than these; in one of its formats a server says so elsewhere.
fn exceeded(told: &Value) -> bool {
    let mark = |of: &Value| of.get("exceededTransferLimit").and_then(Value::as_bool);
    mark(told).or_else(|| mark(told.get("properties")?)).unwrap_or(false)
}

/// An answer with status 200 may carry the real status inside.
fn judged(layer: &Url, told: Value) -> Result<Value, Trouble> {
    let Some(error) = told.get("error") else { return Ok(told) };
    let code =
        error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).unwrap_or(0);
    let error = FetchError::Status {
        host: host_of(layer),
        status: code,
        said: " inside an answer with status 200".to_owned(),
        advice: advice(code),
        attempts: 1,
    };
    Err(match code {
        408 | 425 | 429 | 500..=599 => Trouble::Passing(error, None),
        _ => Trouble::Lasting(error),
    })
}
