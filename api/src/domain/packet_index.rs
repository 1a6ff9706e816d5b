//! The index of a court packet: one page that says what is in it, what is not, and why.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use quick_xml::escape::escape;

/// What the index of a packet says.
#[derive(Clone, Debug)]
pub struct PacketIndex {
    pub number: String,
    pub title: String,
    pub address: String,
    pub as_of: NaiveDate,
    pub made_at: DateTime<Utc>,
    pub made_by: String,
    pub exhibits: Vec<Exhibit>,
    pub timeline: Vec<TimelineEntry>,
    /// What is left out as privileged; none when whoever drew the packet may not know of it.
    pub withheld: Option<Vec<Withheld>>,
    pub withdrawn: Vec<Withdrawn>,
}

/// A file in the packet.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Its path in the packet.
    pub path: String,
    pub content_type: String,
    pub bytes: i64,
    pub sha256: String,
    pub captured_at: Option<DateTime<Utc>>,
    pub added_at: DateTime<Utc>,
    pub added_by: String,
    pub caption: Option<String>,
}

/// Something that happened in the case.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub kind: String,
    pub by: String,
    pub summary: String,
    pub body: Option<String>,
}

/// Something privileged: its day, what sort of thing it is and whose; nothing of its content.
#[derive(Clone, Debug)]
pub struct Withheld {
    pub at: DateTime<Utc>,
    pub kind: String,
    pub by: String,
}

/// A file that was withdrawn and is therefore left out.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    pub file_name: String,
    pub sha256: String,
    pub at: DateTime<Utc>,
    pub by: String,
    pub reason: String,
}

/// The path of an exhibit in its packet: its number, then its own name.
#[must_use]
pub fn exhibit_path(number: usize, file_name: &str) -> String {
    format!("exhibits/{number:03}-{file_name}")
}

const STYLE: &str = "body{font:11pt/1.4 serif;max-width:60rem;margin:2rem auto}table{border-collapse:collapse;width:100%}\
                     th,td{border:1px solid #888;padding:.2rem .4rem;text-align:left;vertical-align:top}\
                     code{font-size:8pt;overflow-wrap:anywhere}tr{break-inside:avoid}";

impl PacketIndex {
    /// As a page that a browser shows and prints, without anything from elsewhere.
    #[must_use]
    pub fn html(&self) -> String {
        let mut page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style>\
             <h1>{0}: {1}</h1><p>{2}</p><p>As known on {3}. Drawn {4} by {5}. All times are UTC.</p>",
            escape(&self.number),
            escape(&self.title),
            escape(&self.address),
            self.as_of,
            moment(self.made_at),
            escape(&self.made_by),
        );
        let exhibits = self.exhibits.iter().zip(1..).map(|(exhibit, number)| {
            [
                number.to_string(),
                escape(&exhibit.path).into_owned(),
                escape(exhibit.caption.as_deref().unwrap_or_default()).into_owned(),
                exhibit.captured_at.map(moment).unwrap_or_default(),
                format!("{}, {}", moment(exhibit.added_at), escape(&exhibit.added_by)),
                format!("{}, {} bytes", escape(&exhibit.content_type), exhibit.bytes),
                format!("<code>{}</code>", exhibit.sha256),
            ]
        });
        let heads = ["No.", "File", "Caption", "Captured", "Added", "Type", "SHA-256"];
        table(&mut page, "Exhibits", heads, exhibits);
        let timeline = self.timeline.iter().map(|entry| {
            [
                moment(entry.occurred_at),
                moment(entry.recorded_at),
                escape(&entry.kind).into_owned(),
                escape(&entry.by).into_owned(),
                escape(&entry.summary).into_owned(),
                escape(entry.body.as_deref().unwrap_or_default()).into_owned(),
            ]
        });
        let heads = ["Occurred", "Recorded", "Kind", "By", "Summary", "Text"];
        table(&mut page, "Timeline", heads, timeline);
        match &self.withheld {
            Some(withheld) => {
                let rows = withheld.iter().map(|row| {
                    [moment(row.at), escape(&row.kind).into_owned(), escape(&row.by).into_owned()]
                });
                table(&mut page, "Privilege log: left out of this packet", ["Date", "Kind", "By"], rows);
            }
            None => page.push_str(
                "<h2>Privilege log</h2><p>Only an attorney can draw a packet with its privilege log.</p>",
            ),
        }
        let withdrawn = self.withdrawn.iter().map(|row| {
            [
                escape(&row.file_name).into_owned(),
                format!("<code>{}</code>", row.sha256),
                format!("{}, {}", moment(row.at), escape(&row.by)),
                escape(&row.reason).into_owned(),
            ]
        });
        table(
            &mut page,
            "Withdrawn: left out of this packet",
            ["File", "SHA-256", "Withdrawn", "Reason"],
            withdrawn,
        );
        page.push_str("</html>\n");
        page
    }

    /// The hashes of the exhibits, as `sha256sum --check` reads them.
    #[must_use]
    pub fn sha256sums(&self) -> String {
        self.exhibits.iter().fold(String::new(), |mut sums, exhibit| {
            let _ = writeln!(sums, "{}  {}", exhibit.sha256, exhibit.path);
            sums
        })
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn table<const N: usize>(
    page: &mut String,
    title: &str,
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let mut rows = rows.peekable();
    let _ = write!(page, "<h2>{title}</h2>");
    if rows.peek().is_none() {
        page.push_str("<p>None.</p>");
        return;
    }
    let _ = write!(page, "<table><tr><th>{}</tr>", heads.join("<th>"));
    for row in rows {
        let _ = write!(page, "<tr><td>{}</tr>", row.join("<td>"));
    }
    page.push_str("</table>");
}
