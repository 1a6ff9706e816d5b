//! Phases.
use api::{domain::address::Writing, feeds::CallLog, preset::Preset};
use std::{path::Path, time::Instant};
pub fn run(file: &str) {
    let preset = Preset::sacramento().unwrap();
    let mapping = &preset.feed("demo-police").unwrap().mapping;
    for _ in 0..2 {
        let t = Instant::now();
        let mut n = 0;
        let mut csv = csv::Reader::from_path(file).unwrap();
        let mut record = csv::ByteRecord::new();
        while csv.read_byte_record(&mut record).unwrap() {
            n += 1;
        }
        println!("{n} plain csv {:.2} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
        let t = Instant::now();
        let mut rows = Vec::new();
        let mut k = 0;
        for line in CallLog::open(Path::new(file), mapping).unwrap() {
            k += 1;
            if let Ok(row) = line.unwrap()
                && k % 10 == 0
            {
                rows.push(row);
            }
        }
        println!("lines {:.2} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
        let t = Instant::now();
        for row in &rows {
            std::hint::black_box(api::domain::address::Address::parse(&row.address, &Writing::default()));
        }
        println!("address {:.2} us", t.elapsed().as_secs_f64() * 1e6 / rows.len() as f64);
        let t = Instant::now();
        for row in &rows {
            use sha2::{Digest, Sha256};
            let mut hash = Sha256::new();
            for (a, b) in &row.columns {
                hash.update(a);
                hash.update(b);
            }
            std::hint::black_box(hash.finalize());
        }
        println!("sha {:.2} us", t.elapsed().as_secs_f64() * 1e6 / rows.len() as f64);
    }
}
