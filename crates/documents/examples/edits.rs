//! How long edits of a long body take: `cargo run --release -p knotwork-documents --example edits`.

#![allow(clippy::print_stdout, reason = "this is a command")]

use std::{error::Error, sync::Arc, time::Instant};

use knotwork_documents::{ResourceDraft, ResourceEdit};
use knotwork_identity::{NetworkId, Nonce, SecretKey, Timestamp};
use knotwork_ledger::{History, Pen};

fn main() -> Result<(), Box<dyn Error>> {
    println!("| body | edit | changes | opening | writing |");
    println!("|---|---|---|---|---|");
    for length in [400_000, 1024 * 1024] {
        let words: Vec<String> = (0..length / 8).map(|number| format!("w{number:06}")).collect();
        let body = words.join(" ");
        let scattered = |step: usize| {
            let changed = words.iter().enumerate();
            let word = |(place, word): (usize, &String)| if place % step == 7 { "other".into() } else { word.clone() };
            changed.map(word).collect::<Vec<_>>().join(" ")
        };
        let edits = [
            ("one word", scattered(words.len())),
            ("800 words", scattered(words.len() / 800)),
            ("a second half", format!("{}{}", &body[..length / 2], "new ".repeat(length / 8))),
            ("everything", "All of it is new. ".repeat(length / 18)),
            ("nothing left", String::new()),
        ];
        let (key, network) = (SecretKey::from_seed(&[1; 32]), NetworkId([1; 32]));
        let draft = ResourceDraft { title: "Long".into(), body, ..ResourceDraft::default() };
        let begun = Instant::now();
        let changes = draft.write(network, Nonce([1; 16]), &key, Timestamp::NONE)?;
        println!("| {length} | new | {} | | {:.3} s |", changes.len(), begun.elapsed().as_secs_f64());
        let mut history = History::new(changes[0].header().clone());
        for change in changes {
            history.admit(Arc::new(change))?;
        }
        for (name, body) in edits {
            let begun = Instant::now();
            let mut pen = Pen::open(history.clone(), &key, Timestamp::NONE)?;
            let opened = begun.elapsed();
            let edited = ResourceEdit { body: Some(body), ..ResourceEdit::default() }.write(&mut pen);
            let written = (begun.elapsed() - opened).as_secs_f64();
            let changes = match edited {
                Ok(()) => pen.finish().0.len().to_string(),
                Err(error) => error.to_string(),
            };
            println!("| {length} | {name} | {changes} | {:.3} s | {written:.3} s |", opened.as_secs_f64());
        }
    }
    Ok(())
}
