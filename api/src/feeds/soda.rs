//! Socrata portals (SODA 2.x): rows as JSON, page by page in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Url;
use serde_json::{Map, Value};

use super::{
    FeedError,
    clock::iso_utc,
    connection::{Connection, Paging},
    connector::{Connector, Page, Start},
    contract,
    fetch::{Ask, Fetcher, host_of},
    fetch_error::FetchError,
    json,
    mapping::FeedMapping,
    reading::RowReader,
};

const ID: &str = ":id";
const UPDATED_AT: &str = ":updated_at";
/// Times that a list which moves under our feet is begun anew.
const RESTARTS: u32 = 3;

/// A data set of a Socrata portal, being read.
pub struct Soda {
    fetcher: Fetcher,
    /// `…/resource/xxxx-xxxx.json`
    rows: Url,
    /// `…/api/views/xxxx-xxxx.json`
    view: Url,
    mapping: FeedMapping,
    reader: RowReader,
    connection: Connection,
    since: Option<DateTime<Utc>>,
    place: Cursor,
    keys: Cursor,
    line: u64,
}

/// How far a list has been read.
#[derive(Clone, Debug, Default)]
struct Cursor {
    /// The id of the last row that was read.
    last: Option<String>,
    /// How many rows were read; only where the portal pages by number.
    read: u64,
    restarts: u32,
}

impl Soda {
    /// The data set that the connection names.
    pub fn new(mapping: &FeedMapping, connection: &Connection, start: Start) -> Result<Self, FeedError> {
        let (rows, view) = addresses(connection.url.url())?;
        Ok(Self {
            fetcher: Fetcher::new(connection, start.token.as_ref().map(|token| ("X-App-Token", token)))?,
            rows,
            view,
            reader: RowReader::of(mapping),
            mapping: mapping.clone(),
            connection: connection.clone(),
            since: start.since,
            place: Cursor::default(),
            keys: Cursor::default(),
            line: 0,
        })
    }

    async fn ask(&self, parameters: &[(&str, &str)]) -> Result<Vec<Value>, FetchError> {
        let mut url = self.rows.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        match self.fetcher.json(&Ask { url, form: None }, Ok).await? {
            Value::Array(rows) => Ok(rows),
            _ => Err(self.strange("rows do not come as a list")),
        }
    }

    fn strange(&self, why: &str) -> FetchError {
        FetchError::Strange { host: host_of(&self.rows), why: why.to_owned() }
    }

    /// The next rows after the cursor; none when there are no more.
    ///
    /// They come in the order of `:id` and after the last id read, not by number: a row that is removed in between would
    /// move all others up by one, and `$offset` would step over one of them for good. A row that changes in between keeps
    /// its id; when that was passed already, its change is newer than the run and falls to the next one. Ids are not in
    /// the order of their letters, so the one that was read last goes back as it came. A short page need not be the
    /// last one, because a portal may give fewer rows than asked for; an empty one is.
    async fn next(
        &self,
        cursor: &mut Cursor,
        columns: &BTreeSet<&str>,
        condition: Option<&str>,
    ) -> Result<Option<Vec<Map<String, Value>>>, FeedError> {
        let select = self.select(columns);
        let limit = self.connection.page_rows.to_string();
        loop {
            let by_number = self.connection.paging == Paging::Offset;
            let mut conditions: Vec<String> = Vec::new();
            conditions.extend(self.connection.condition.as_ref().map(|written| format!("({written})")));
            conditions.extend(condition.map(str::to_owned));
            if let Some(last) = cursor.last.as_ref().filter(|_| !by_number) {
                conditions.push(format!("{ID} > '{}'", last.replace('\'', "''")));
            }
            let condition = conditions.join(" AND ");
            // By number each page begins with the last row of the one before, if nothing moved.
            let offset = cursor.read.saturating_sub(1).to_string();
            let mut parameters = vec![("$select", select.as_str()), ("$order", ID), ("$limit", &limit)];
            if !condition.is_empty() {
                parameters.push(("$where", &condition));
            }
            if by_number {
                parameters.push(("$offset", &offset));
            }
            let mut rows = self.maps(self.ask(&parameters).await?)?;
            if let Some(last) = cursor.last.as_ref().filter(|_| by_number) {
                match rows.iter().position(|row| row.get(ID).and_then(Value::as_str) == Some(last)) {
                    // Rows before it were added: what follows it is what is next.
                    Some(at) => {
                        cursor.read += at as u64;
                        rows.drain(..=at);
                    }
                    None if cursor.restarts < RESTARTS => {
                        *cursor = Cursor { restarts: cursor.restarts + 1, ..Cursor::default() };
                        continue;
                    }
                    None => return Err(FeedError::Restless),
                }
            }
            let Some(last) = rows.last() else { return Ok(None) };
            let last = last.get(ID).and_then(Value::as_str).map(str::to_owned);
            cursor.last = Some(last.ok_or_else(|| self.strange("a row has no `:id`"))?);
            cursor.read += rows.len() as u64;
            return Ok(Some(rows));
        }
    }

    fn maps(&self, rows: Vec<Value>) -> Result<Vec<Map<String, Value>>, FetchError> {
        let map = |row| match row {
            Value::Object(row) => Ok(row),
            _ => Err(self.strange("a row is no object")),
        };
        rows.into_iter().map(map).collect()
    }

    /// The mapped columns and nothing else: what is not asked for cannot leak.
    fn select(&self, columns: &BTreeSet<&str>) -> String {
        let roots: BTreeSet<&str> = columns.iter().map(|column| json::root(column)).collect();
        let named = roots.into_iter().map(|column| format!("`{}`", column.replace('`', "")));
        let mut select = format!("{ID},{UPDATED_AT}");
        for column in named {
            select.push(',');
            select.push_str(&column);
        }
        select
    }
}

#[async_trait]
impl Connector for Soda {
    async fn check(&mut self) -> Result<(), FeedError> {
        let view = self.fetcher.json(&Ask { url: self.view.clone(), form: None }, Ok).await?;
        let columns = view.get("columns").and_then(Value::as_array);
        let columns =
            columns.ok_or_else(|| self.strange("the description of the data set lists no columns"))?;
        let found: BTreeMap<&str, &str> = columns
            .iter()
            .filter_map(|column| {
                Some((column.get("fieldName")?.as_str()?, column.get("dataTypeName")?.as_str()?))
            })
            .collect();
        contract::held(&self.mapping, &self.connection, &found)
    }

    async fn page(&mut self) -> Result<Option<Page>, FeedError> {
        let columns: BTreeSet<&str> = self.mapping.columns();
        let changed = self
            .since
            .map(|since| format!("{UPDATED_AT} > '{}'", since.to_rfc3339_opts(SecondsFormat::Micros, true)));
        let mut cursor = self.place.clone();
        let Some(rows) = self.next(&mut cursor, &columns, changed.as_deref()).await? else { return Ok(None) };
        let mut page = Page::default();
        for row in rows {
            let updated = row.get(UPDATED_AT).and_then(Value::as_str).and_then(iso_utc);
            page.newest_change = page.newest_change.max(updated);
            self.line += 1;
            page.lines.push(self.reader.row(self.line, json::told(&row, &columns)));
        }
        self.place = cursor;
        Ok(Some(page))
    }

    async fn count(&mut self) -> Result<Option<u64>, FeedError> {
        let mut parameters = vec![("$select", "count(*) AS rows")];
        if let Some(condition) = &self.connection.condition {
            parameters.push(("$where", condition));
        }
        let rows = self.ask(&parameters).await?;
        let count = rows.first().and_then(|row| json::text(row.get("rows")?).parse().ok());
        Ok(Some(count.ok_or_else(|| self.strange("it does not count its rows"))?))
    }

    async fn keys(&mut self) -> Result<Option<Vec<String>>, FeedError> {
        let columns: BTreeSet<&str> = self.mapping.source_key.iter().map(String::as_str).collect();
        let mut cursor = self.keys.clone();
        let Some(rows) = self.next(&mut cursor, &columns, None).await? else { return Ok(None) };
        self.keys = cursor;
        // A row without a key is no call of ours.
        Ok(Some(rows.iter().filter_map(|row| self.reader.key(&json::told(row, &columns)).ok()).collect()))
    }
}

/// Where the rows and the description of a data set are, from `https://HOST/resource/xxxx-xxxx` with or without `.json`.
fn addresses(url: &Url) -> Result<(Url, Url), FeedError> {
    let wrong = || FetchError::Connection("`url` must read like https://HOST/resource/xxxx-xxxx".to_owned());
    let name = url.path().trim_end_matches(".json").strip_prefix("/resource/").ok_or_else(wrong)?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name || url.query().is_some() {
        return Err(wrong().into());
    }
    let (mut rows, mut view) = (url.clone(), url.clone());
    rows.set_path(&format!("/resource/{name}.json"));
    view.set_path(&format!("/api/views/{name}.json"));
    Ok((rows, view))
}
