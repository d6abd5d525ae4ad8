//! The fields of a resource as arguments.

use std::{
    fs::File,
    io::{Read as _, stdin},
    path::{Path, PathBuf},
};

use clap::{Args, builder::PossibleValuesParser};
use knotwork_documents::{ResourceKind, resource::limits::BODY_BYTES_MAX};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// The fields of a resource that are given as a whole. What is left out stays as it is.
#[derive(Debug, Args)]
pub(super) struct Fields {
    /// A few sentences
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// The text itself, in Markdown
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,
    /// A file with the text itself; - reads it from standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    /// What it is
    #[arg(long, value_parser = kinds())]
    kind: Option<String>,
    /// An address of any scheme; once for each. In an edit these replace the whole list, and --link "" empties it
    #[arg(long = "link", value_name = "ADDRESS")]
    links: Option<Vec<String>>,
    /// A word to find it by; once for each. In an edit these replace the whole list, and --tag "" empties it
    #[arg(long = "tag", value_name = "WORD")]
    tags: Option<Vec<String>>,
    /// Under what terms it may be used
    #[arg(long)]
    licence: Option<String>,
    /// The language of its text, such as en or cy
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
}

impl Fields {
    /// The given fields as the API takes them.
    pub(super) fn to_json(&self) -> Result<Map<String, Value>, Failure> {
        let body = match &self.body_file {
            Some(path) => Some(read_text(path)?),
            None => self.body.clone(),
        };
        let texts = [
            ("summary", &self.summary),
            ("body", &body),
            ("kind", &self.kind),
            ("licence", &self.licence),
            ("language", &self.language),
        ];
        let mut given: Map<String, Value> =
            texts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))).collect();
        for (name, list) in [("links", &self.links), ("tags", &self.tags)] {
            if let Some(list) = list {
                // An empty word is how a list is emptied, and no entry.
                let entries: Vec<&String> = list.iter().filter(|entry| !entry.is_empty()).collect();
                given.insert(name.to_owned(), json!(entries));
            }
        }
        Ok(given)
    }
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(ResourceKind::ALL.map(ResourceKind::word))
}

/// The text in a file, or on standard input.
fn read_text(path: &Path) -> Result<String, Failure> {
    let cannot = |error: &std::io::Error| Failure::io(error, format_args!("cannot read {}", path.display()));
    let mut bytes = Vec::new();
    // One byte above the limit is enough to be told of the limit.
    let most = BODY_BYTES_MAX as u64 + 1;
    let read = if path == Path::new("-") {
        stdin().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| cannot(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Failure::new(format!("{} is not UTF-8 from byte {place} on", path.display()))
            .next("convert it first, for example with iconv")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        fields: Fields,
    }

    fn given(words: &[&str]) -> Value {
        let line = Line::try_parse_from([&["verb"], words].concat()).expect("known");
        Value::Object(line.fields.to_json().expect("no file is read"))
    }

    #[test]
    fn an_empty_word_empties_a_list_and_is_no_entry() {
        assert_eq!(given(&[]), json!({}));
        assert_eq!(given(&["--tag", ""]), json!({ "tags": [] }));
        assert_eq!(given(&["--tag", "", "--tag", "a"]), json!({ "tags": ["a"] }));
        assert_eq!(given(&["--link", "", "--tag", "a b"]), json!({ "links": [], "tags": ["a b"] }));
    }
}
