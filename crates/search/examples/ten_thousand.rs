//! Measures finding among 10,000 entries made of the rows of CSV files with the columns title, summary, body, links and
//! tags: `cargo run --release -p knotwork-search --example ten_thousand FILE...`
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{error::Error, time::Instant};

use knotwork_commands::{Entry, Query, Search as _, Sort};
use knotwork_documents::ResourceKind;
use knotwork_identity::{DocumentId, Timestamp};
use knotwork_search::Index;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for file in std::env::args().skip(1) {
        for row in csv::Reader::from_path(file)?.records() {
            let row = row?;
            let cell = |at| row.get(at).unwrap_or_default().to_owned();
            rows.push([cell(0), cell(1), cell(2), cell(4)]);
        }
    }
    if rows.is_empty() {
        return Err("name at least one file with rows".into());
    }
    let folder = tempfile::tempdir()?;
    let index = Index::open(Some(folder.path()))?;
    let began = Instant::now();
    for (number, [title, summary, body, tags]) in rows.iter().cycle().take(ENTRIES).enumerate() {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        index.put(&[Entry {
            id: DocumentId(id),
            title: format!("{title} {number}"),
            summary: summary.clone(),
            body: body.clone(),
            tags: tags.split(';').map(str::to_owned).collect(),
            kind: ResourceKind::ALL[number % 8],
            language: "en".into(),
            contributors: vec![format!("p{}", number % 50)],
            review_due: None,
            in_conflict: number % 100 == 0,
            changed: Timestamp::from_milliseconds(number as u64),
        }])?;
    }
    index.commit(None)?;
    println!("made of {} rows in {:.1} s", rows.len(), began.elapsed().as_secs_f64());

    let words: Vec<&str> =
        rows.iter().flat_map(|row| row[..2].iter()).flat_map(|text| text.split_whitespace()).collect();
    let mut times = Vec::with_capacity(QUESTIONS);
    for number in 0..QUESTIONS {
        let word = |at: usize| words[(number * 7919 + at * 104_729) % words.len()];
        let beginning: String = word(2).chars().take(1 + number % 4).collect();
        let asked = match number % 4 {
            0 => word(0).to_owned(),
            1 => beginning,
            2 => format!("{} {beginning}", word(0)),
            _ => String::new(),
        };
        let sort = [Sort::Relevance, Sort::Title, Sort::Newest][number % 3];
        let kinds = if number % 5 == 0 { vec![ResourceKind::Data] } else { Vec::new() };
        let query = Query { words: asked, kinds, sort, from: number % 7 * 20, limit: 20, ..Query::default() };
        let began = Instant::now();
        index.find(&query)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    println!(
        "find: p50 {:?}, p99 {:?}, max {:?}",
        times[QUESTIONS / 2],
        times[QUESTIONS * 99 / 100],
        times[QUESTIONS - 1]
    );
    let began = Instant::now();
    index.tags(50)?;
    println!("tags: {:?}", began.elapsed());
    let mut commits = Vec::new();
    for number in 0..COMMITS {
        let entry = Entry {
            id: DocumentId([0xff; 32]),
            title: format!("again {number}"),
            summary: String::new(),
            body: rows[0][2].clone(),
            tags: Vec::new(),
            kind: ResourceKind::Other,
            language: String::new(),
            contributors: Vec::new(),
            review_due: None,
            in_conflict: false,
            changed: None,
        };
        let began = Instant::now();
        index.put(&[entry])?;
        index.commit(None)?;
        commits.push(began.elapsed());
    }
    commits.sort_unstable();
    println!("commit of one: p50 {:?}, max {:?}", commits[COMMITS / 2], commits[COMMITS - 1]);
    let bytes: u64 = std::fs::read_dir(folder.path())?.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum();
    println!("disk: {:.1} MB", bytes as f64 / 1e6);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| ["VmHWM", "RssAnon"].iter().any(|name| line.starts_with(name))) {
        println!("{line}");
    }
    Ok(())
}

const ENTRIES: usize = 10_000;
const QUESTIONS: usize = 4_000;
const COMMITS: usize = 50;
