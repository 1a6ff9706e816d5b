//! A folder into which a source drops files: each is read once, whole, and only when it is finished.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime},
};

use api::feeds::{Connection, Connector, FeedError, FeedMapping, Page, Start, drop::Folder};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tests::files;

const MAPPING: &str = "time_zone = 'America/Los_Angeles'\nsource_key = ['id']\nfinal_type = 'type'\n\
     header = ['id', 'at', 'type', 'address']\noccurred_at = [{ column = 'at', format = 'ISO' }]\n\
     [address]\ncolumns = ['address']";
const HEADER: &str = "id,at,type,address";

struct Dropbox(TempDir);

impl Dropbox {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Drops a file that has lain there for so many seconds.
    fn drop(&self, name: &str, seconds: u64, content: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        let mut file = File::create(&path).expect("a file");
        file.write_all(content.as_ref()).expect("it is written");
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("its time is set");
    }

    fn folder(&self, mapping: &str, more: &str, known: &[&str]) -> Folder {
        folder(self.0.path(), mapping, more, known)
    }
}

fn folder(path: &Path, mapping: &str, more: &str, known: &[&str]) -> Folder {
    let mapping: FeedMapping = toml::from_str(mapping).expect("a mapping");
    let text = format!("url = 'file://{}'\npage_rows = 2\n{more}", path.display());
    let connection: Connection = toml::from_str(&text).expect("a connection");
    let known_files = known.iter().map(|hash| (*hash).to_owned()).collect();
    Folder::new(&mapping, &connection, Start { known_files, ..Start::default() }).expect("a connector")
}

fn log(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn row(id: &str, address: &str) -> String {
    format!("{id},2026-01-02T03:04:05,NOISE,{address}")
}

async fn pages(folder: &mut Folder) -> Result<Vec<Page>, FeedError> {
    folder.check().await?;
    let mut pages = Vec::new();
    while let Some(page) = folder.page().await? {
        pages.push(page);
    }
    Ok(pages)
}

fn told(pages: &[Page]) -> Vec<String> {
    let lines = pages.iter().flat_map(|page| &page.lines);
    lines
        .map(|line| {
            line.as_ref()
                .map_or_else(|row| row.reason.clone(), |row| format!("{} {}", row.source_id, row.address))
        })
        .collect()
}

#[tokio::test]
async fn files_are_read_the_oldest_first_and_told_apart() {
    let dropbox = Dropbox::new();
    dropbox.drop("b.csv", 300, log(&[&row("1", "1 ELM"), &row("2", "2 ELM"), &row("3", "3 ELM")]));
    dropbox.drop("a.csv", 200, log(&[&row("4", "4 ELM")]));
    let pages = pages(&mut dropbox.folder(MAPPING, "", &[])).await.expect("the files");
    assert_eq!(told(&pages), ["1 1 ELM", "2 2 ELM", "3 3 ELM", "4 4 ELM"]);
    let files: Vec<_> = pages.iter().map(|page| page.file.as_ref().expect("a file").name.as_str()).collect();
    assert_eq!(files, ["b.csv", "b.csv", "a.csv"]);
    assert_eq!(pages.iter().map(|page| page.file_ends).collect::<Vec<_>>(), [false, true, true]);
    let file = pages[2].file.as_ref().expect("a file");
    let content = log(&[&row("4", "4 ELM")]);
    assert_eq!(
        file.sha256,
        Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    );
    assert_eq!(file.bytes, content.len() as u64);
}

#[tokio::test]
async fn content_that_was_taken_before_is_passed_over_whatever_it_is_called() {
    let dropbox = Dropbox::new();
    dropbox.drop("a.csv", 300, log(&[&row("1", "1 ELM")]));
    let first = pages(&mut dropbox.folder(MAPPING, "", &[])).await.expect("the file");
    let known = first[0].file.as_ref().expect("a file").sha256.clone();
    dropbox.drop("again.csv", 200, log(&[&row("1", "1 ELM")]));
    assert!(pages(&mut dropbox.folder(MAPPING, "", &[&known])).await.expect("nothing new").is_empty());
    // Within one run too.
    let both = pages(&mut dropbox.folder(MAPPING, "", &[])).await.expect("the files");
    assert_eq!(told(&both), ["1 1 ELM"]);
    // A file that grew is another one.
    dropbox.drop("a.csv", 100, log(&[&row("1", "1 ELM"), &row("2", "2 ELM")]));
    assert_eq!(
        told(&pages(&mut dropbox.folder(MAPPING, "", &[&known])).await.expect("it")),
        ["1 1 ELM", "2 2 ELM"]
    );
}

#[tokio::test]
async fn a_file_that_may_still_be_written_is_left_for_the_next_run() {
    let dropbox = Dropbox::new();
    dropbox.drop("young.csv", 10, log(&[&row("1", "1 ELM")]));
    dropbox.drop("old.csv.part", 300, log(&[&row("2", "2 ELM")]));
    dropbox.drop(".hidden.csv", 300, log(&[&row("3", "3 ELM")]));
    dropbox.drop("notes.txt", 300, "not calls");
    let more = "pattern = '*.csv*'";
    assert!(pages(&mut dropbox.folder(MAPPING, more, &[])).await.expect("nothing yet").is_empty());
    let sooner = format!("{more}\nsettle_seconds = 5");
    assert_eq!(
        told(&pages(&mut dropbox.folder(MAPPING, &sooner, &[])).await.expect("the file")),
        ["1 1 ELM"]
    );
    // It grows between the listing and the reading.
    let mut folder = dropbox.folder(MAPPING, &sooner, &[]);
    folder.check().await.expect("the listing");
    let grown = log(&[&row("1", "1 ELM"), &row("2", "2 ELM")]);
    dropbox.drop("young.csv", 9, grown);
    assert!(folder.page().await.expect("left alone").is_none());
}

#[tokio::test]
async fn of_rows_with_one_key_one_stands_however_far_apart_they_are() {
    let dropbox = Dropbox::new();
    let rows =
        [row("1", "1 ELM"), row("2", "2 ELM"), row("3", "3 ELM"), row("4", "4 ELM"), row("1", "1 OAK")];
    dropbox.drop("a.csv", 300, log(&rows.each_ref().map(String::as_str)));
    let last = pages(&mut dropbox.folder(MAPPING, "", &[])).await.expect("the file");
    assert_eq!(told(&last), ["2 2 ELM", "3 3 ELM", "4 4 ELM", "1 1 OAK"]);
    assert_eq!(last.iter().map(|page| page.repeated).sum::<u32>(), 1);
    let first = format!("repeated_keys = 'FIRST_WINS'\n{MAPPING}");
    let first = pages(&mut dropbox.folder(&first, "", &[])).await.expect("the file");
    assert_eq!(told(&first), ["1 1 ELM", "2 2 ELM", "3 3 ELM", "4 4 ELM"]);
}

#[tokio::test]
async fn what_real_files_are_like_is_understood() {
    let dropbox = Dropbox::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(
        format!("\u{feff}{HEADER}\r\n1,2026-01-02T03:04:05,\"NOISE\r\nPARTY\",1 ELM\r\n").as_bytes(),
    )
    .expect("memory");
    dropbox.drop("a.csv.gz", 300, gzip.finish().expect("memory"));
    let pages = pages(&mut dropbox.folder(MAPPING, "", &[])).await.expect("the file");
    let row = pages[0].lines[0].as_ref().expect("a call");
    assert_eq!(row.final_type.as_deref(), Some("NOISE\r\nPARTY"));
}

#[tokio::test]
async fn a_header_that_drifted_stops_the_run_and_says_what_changed() {
    let dropbox = Dropbox::new();
    dropbox.drop("a.csv", 300, format!("{HEADER},beat\n{},7\n", row("1", "1 ELM")));
    let told = pages(&mut dropbox.folder(MAPPING, "", &[])).await.expect_err("it stops").to_string();
    assert!(told.contains("a.csv: the header changed: gone none; new beat"), "{told}");
}

#[tokio::test]
async fn a_file_that_breaks_off_gives_no_row_at_all() {
    let dropbox = Dropbox::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(log(&[&row("1", "1 ELM"), &row("2", "2 ELM"), &row("3", "3 ELM")]).as_bytes())
        .expect("memory");
    let whole = gzip.finish().expect("memory");
    dropbox.drop("a.csv.gz", 300, &whole[..whole.len() - 8]);
    let mut folder = dropbox.folder(MAPPING, "", &[]);
    folder.check().await.expect("the listing");
    let told = folder.page().await.expect_err("nothing of it").to_string();
    assert!(told.contains("a.csv.gz: the compressed file ends in the middle"), "{told}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_no_empty_folder() {
    let mut folder = folder(Path::new("/there/is/no/such/folder"), MAPPING, "", &[]);
    let told = folder.check().await.expect_err("it stops").to_string();
    assert!(told.contains("the folder of `url` is not there"), "{told}");
}

#[tokio::test]
async fn a_real_snapshot_is_read_to_its_last_row() {
    let dropbox = Dropbox::new();
    let snapshot = fs::read(files::data("san-diego-pd-calls-2023_snapshot-2.csv.gz")).expect("the snapshot");
    dropbox.drop("calls.csv.gz", 300, snapshot);
    let preset = api::preset::Preset::sacramento().expect("the built-in preset");
    let feed = preset.feed("san-diego-police").expect("the feed");
    let text = format!("url = 'file://{}'", dropbox.0.path().display());
    let connection = toml::from_str(&text).expect("a connection");
    let mut folder = Folder::new(&feed.mapping, &connection, Start::default()).expect("a connector");
    let pages = pages(&mut folder).await.expect("the file");
    let read: usize = pages.iter().map(|page| page.lines.len() + page.repeated as usize).sum();
    assert_eq!(read, 28_970);
    assert!(pages.iter().all(|page| page.lines.len() <= 5_000), "page by page");
}
