//! What is written: resources of about 300 bytes, always the same for the same number.

use serde_json::{Value, json};

/// A resource with six fields, three of them tags, of 291 bytes of JSON on average.
pub(crate) fn resource(number: usize) -> Value {
    let mut random = Random(number as u64);
    let words = |random: &mut Random, count: usize| {
        (0..count).map(|_| WORDS[random.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    };
    json!({
        "title": format!("{} {number}", words(&mut random, 4)),
        "summary": words(&mut random, 12),
        "kind": KINDS[random.below(KINDS.len())],
        "links": [format!("https://example.org/{}/{number}", words(&mut random, 1))],
        "tags": [words(&mut random, 1), words(&mut random, 1), format!("t{}", random.below(500))],
        "language": "en",
    })
}

/// The same resources as a file to import.
pub(crate) fn csv(from: usize, count: usize) -> String {
    let mut file = String::from("title,summary,body,links,tags\n");
    for number in from..from + count {
        let resource = resource(number);
        let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| {
            let entries = resource[name].as_array().map(Vec::as_slice).unwrap_or_default();
            entries.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";")
        };
        file.push_str(&format!("{},{},,{},{}\n", text("title"), text("summary"), list("links"), list("tags")));
    }
    file
}

/// SplitMix64 (Steele, Lea and Flood, 2014): enough to choose words.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap_or_default()
    }
}

const KINDS: [&str; 4] = ["toolkit", "guidance", "evidence", "case-study"];

const WORDS: [&str; 64] = [
    "access", "audit", "balance", "bridge", "care", "carer", "change", "charter", "circle", "clinic", "coast",
    "common", "council", "data", "diet", "district", "driver", "elder", "evidence", "falls", "family", "field", "fund",
    "garden", "guide", "harbour", "health", "helper", "home", "hospital", "improve", "island", "journey", "kitchen",
    "learning", "library", "listen", "market", "measure", "mental", "method", "mother", "network", "nurse", "pathway",
    "patient", "people", "physio", "place", "practice", "primary", "process", "quality", "review", "river", "safety",
    "school", "service", "social", "story", "support", "team", "valley", "ward",
];
