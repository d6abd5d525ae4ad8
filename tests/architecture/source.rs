//! Reading Rust source as tokens: which paths a file mentions, which modules it declares, which files belong together.
//!
//! Tokens rather than text, so that comments and strings cannot raise an alarm and nested imports, macros and odd
//! spacing cannot hide anything. Knows nothing about what is allowed where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A name, a keyword or a whole path such as `std::fs::File`, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) segments: Vec<String>,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// What a source file says, with everything under `#[cfg(test)]` left out of `mentions`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// In the order of the text. `use a::{b, c::d}` gives `a::b` and `a::c::d`; what gets another name ends in `as`.
    pub(crate) mentions: Vec<Mention>,
    /// The `mod name;` lines, those for tests included.
    pub(crate) modules: Vec<Module>,
}

/// A `mod name;` line, which stands for another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    /// The inline modules around the line, then the name.
    pub(crate) path: Vec<String>,
    pub(crate) for_tests: bool,
}

impl Source {
    /// Reads the text of one file.
    ///
    /// # Errors
    /// Says where the text is not Rust.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = TokenStream::from_str(text).map_err(|error| format!("not Rust: {error}"))?;
        let mut source = Self::default();
        source.walk(&tokens.into_iter().collect::<Vec<_>>(), &mut Vec::new(), false);
        Ok(source)
    }

    fn walk(&mut self, tokens: &[TokenTree], inside: &mut Vec<String>, for_tests: bool) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if !for_tests && is_test_attribute(&tokens[at..]) {
                let end = end_of_item(tokens, at + 2);
                self.walk(&tokens[at + 2..end], inside, true);
                at = end;
            } else if for_tests && is_path_attribute(&tokens[at..]) {
                // A file of the tests outside, which the tests within use as well.
                at = end_of_item(tokens, at + 2);
            } else if let Some(name) = module_name(&tokens[at..]) {
                inside.push(name);
                match &tokens[at + 2] {
                    TokenTree::Group(body) => {
                        self.walk(&body.stream().into_iter().collect::<Vec<_>>(), inside, for_tests);
                    }
                    _ => self.modules.push(Module { path: inside.clone(), for_tests }),
                }
                inside.pop();
                at += 3;
            } else {
                match token {
                    TokenTree::Ident(_) => at += self.read_path(&tokens[at..], &[], for_tests),
                    TokenTree::Group(group) => {
                        self.walk(&group.stream().into_iter().collect::<Vec<_>>(), inside, for_tests);
                        at += 1;
                    }
                    TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
                }
            }
        }
    }

    /// Reads the path that begins with the first token, below `prefix`; returns how many tokens it took.
    fn read_path(&mut self, tokens: &[TokenTree], prefix: &[String], for_tests: bool) -> usize {
        let line = tokens[0].span().start().line;
        let mut segments = prefix.to_vec();
        let mut at = 0;
        loop {
            match &tokens[at] {
                TokenTree::Ident(ident) => segments.push(ident.to_string()),
                TokenTree::Punct(star) if star.as_char() == '*' => segments.push("*".to_owned()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    let mut next = 0;
                    while next < inner.len() {
                        next += match &inner[next] {
                            // `as other`: a new name for it, not one more thing below it.
                            TokenTree::Ident(word) if word == "as" => 2,
                            TokenTree::Ident(_) => self.read_path(&inner[next..], &segments, for_tests),
                            _ => 1,
                        };
                    }
                    return at + 1;
                }
                // A path goes no further: `Vec::<u8>`, for example, ends before the `<`.
                _ => break,
            }
            at += 1;
            if !is_path_separator(&tokens[at..]) || tokens.len() == at + 2 {
                break;
            }
            at += 2;
        }
        // A new name would hide what is used under it.
        if matches!(tokens.get(at), Some(TokenTree::Ident(word)) if word == "as") {
            segments.push("as".to_owned());
        }
        if !for_tests {
            self.mentions.push(Mention { segments, line });
        }
        at
    }
}

/// The files that make up the crate with this root, following every `mod name;` line. Those for tests are left out
/// unless `with_tests`.
///
/// # Errors
/// A file that cannot be read, is not Rust, or is declared and missing.
pub(crate) fn files_of(root: &Path, with_tests: bool) -> Result<BTreeSet<PathBuf>, String> {
    let mut files = BTreeSet::new();
    let mut waiting = vec![(root.to_path_buf(), parent_of(root))];
    while let Some((file, folder)) = waiting.pop() {
        let source = read(&file)?;
        for module in source.modules.iter().filter(|module| with_tests || !module.for_tests) {
            let below: PathBuf = folder.join(module.path.iter().collect::<PathBuf>());
            let flat = below.with_extension("rs");
            let nested = below.join("mod.rs");
            let child = [flat, nested].into_iter().find(|path| path.is_file());
            let child =
                child.ok_or_else(|| format!("{}: no file for `mod {}`", file.display(), module.path.join("::")))?;
            waiting.push((child, below));
        }
        files.insert(file);
    }
    Ok(files)
}

/// The `.rs` files under `folder` that the crate with this root never mentions.
///
/// # Errors
/// As [`files_of`], and a folder that cannot be listed.
pub(crate) fn undeclared_files(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let declared = files_of(root, true)?;
    let found = rust_files(folder)?;
    Ok(found.into_iter().filter(|file| !declared.contains(file)).collect())
}

/// Reads and parses one file.
///
/// # Errors
/// A file that cannot be read or is not Rust.
pub(crate) fn read(file: &Path) -> Result<Source, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Source::parse(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// All `.rs` files below a folder, sorted.
///
/// # Errors
/// A folder that cannot be listed.
pub(crate) fn rust_files(folder: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let mut files = BTreeSet::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.insert(path);
            }
        }
    }
    Ok(files)
}

fn parent_of(file: &Path) -> PathBuf {
    file.parent().expect("a file is in a folder").to_path_buf()
}

/// `#[path = "../…"]`: of a file outside the folder.
fn is_path_attribute(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else { return false };
    let words: Vec<_> = attribute.stream().into_iter().collect();
    let [TokenTree::Ident(name), _, TokenTree::Literal(path)] = words.as_slice() else { return false };
    hash.as_char() == '#' && name == "path" && path.to_string().starts_with("\"../")
}

/// `#[cfg(test)]`, and nothing more clever: `cfg(any(test, ...))` also compiles elsewhere.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else { return false };
    let words: Vec<_> = attribute.stream().into_iter().collect();
    let [TokenTree::Ident(cfg), TokenTree::Group(condition)] = words.as_slice() else { return false };
    hash.as_char() == '#' && cfg == "cfg" && condition.stream().to_string() == "test"
}

/// The index after the item that begins at `start`: after its `;`, or after its body.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let mut is_import = false;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            TokenTree::Ident(ident) if ident == "use" => is_import = true,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return at + 1,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !is_import => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The name in `mod name;` or `mod name { ... }`.
fn module_name(tokens: &[TokenTree]) -> Option<String> {
    let [TokenTree::Ident(keyword), TokenTree::Ident(name), rest, ..] = tokens else { return None };
    let is_end = match rest {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    (keyword == "mod" && is_end).then(|| name.to_string())
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(first), TokenTree::Punct(second), ..] = tokens else { return false };
    first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let source = Source::parse(text).expect("the sample is Rust");
        source.mentions.iter().map(|mention| mention.segments.join("::")).collect()
    }

    #[test]
    fn nested_imports_are_spelled_out() {
        let found = paths("use std::{fs::{self, File}, io as input, time::*};");
        assert_eq!(found, ["use", "std::fs::self", "std::fs::File", "std::io::as", "std::time::*"]);
        assert_eq!(paths("use std as s;"), ["use", "std::as", "as", "s"]);
    }

    #[test]
    fn a_leading_separator_and_odd_spacing_hide_nothing() {
        assert_eq!(paths("fn f() { :: std :: fs\n::read(1) }"), ["fn", "f", "std::fs::read"]);
        assert_eq!(paths("fn f() { Vec::<u8>::new() }"), ["fn", "f", "Vec", "u8", "new"]);
    }

    #[test]
    fn macros_are_looked_into_and_comments_and_strings_are_not() {
        let text = "/// std::net\nfn f() { /* std::fs */ g!(\"std::env\", { std::thread::spawn(h) }) }";
        assert_eq!(paths(text), ["doc", "fn", "f", "g", "std::thread::spawn", "h"]);
    }

    #[test]
    fn lines_are_counted_from_one() {
        let source = Source::parse("fn f() {\n    std::fs::read()\n}\n").expect("the sample is Rust");
        let mention = source.mentions.iter().find(|mention| mention.segments.len() == 3).expect("the path is found");
        assert_eq!(mention.line, 2);
    }

    #[test]
    fn only_what_is_compiled_for_tests_alone_is_left_out() {
        let text = "#[cfg(test)] use a::{b, c}; use d; #[cfg(test)] #[allow(x)] mod tests { use std::fs; } fn e() {} \
                    #[cfg(not(test))] fn g() { std::net } #[cfg(any(test, feature = \"f\"))] fn i() {}";
        let found = paths(text);
        assert!(!found.iter().any(|path| path.starts_with("a::") || path == "std::fs"), "{found:?}");
        for kept in ["d", "e", "g", "i", "std::net"] {
            assert!(found.iter().any(|path| path == kept), "{kept} is missing from {found:?}");
        }
    }

    #[test]
    fn modules_in_other_files_are_listed() {
        let source =
            Source::parse("mod a; mod b { pub mod c; } #[cfg(test)] mod d; #[cfg(test)] #[path = \"../e.rs\"] mod e;")
                .expect("the sample is Rust");
        let module =
            |path: &[&str], for_tests| Module { path: path.iter().map(ToString::to_string).collect(), for_tests };
        assert_eq!(source.modules, [module(&["a"], false), module(&["b", "c"], false), module(&["d"], true)]);
    }
}
