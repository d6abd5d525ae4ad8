//! Whether everybody can use a page: axe-core's rules for WCAG 2.2 A and AA and for good practice, no moving sideways, and
//! pictures of it all for people to look at.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde_json::{Value, json};

use super::page::{NARROW, Page, Scheme, Screen, Scripts, WIDE};

/// A rule that a page breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// As axe-core calls it, such as `image-alt`.
    pub(crate) rule: String,
    /// What it demands.
    pub(crate) help: String,
    /// The HTML of each place that breaks it, and what is wrong there.
    pub(crate) places: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(text, "{}: {}", self.rule, self.help)?;
        self.places.iter().try_for_each(|place| write!(text, "\n    {place}"))
    }
}

impl Page {
    /// The rules that the page breaks as it is shown now.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let screen = self.screen();
        // axe-core waits for itself, which it cannot where no script runs. The page's own scripts stay away: those that
        // were not begun when it was loaded are not begun now.
        self.scripts(Scripts::On);
        if self.ask("typeof window.axe") != "object" {
            self.ask(&format!("{}; null", *AXE));
        }
        let options = json!({
            "runOnly": { "type": "tag", "values": TAGS },
            // Of the rules for 2.2, the one that axe-core leaves out unless it is asked for.
            "rules": { "target-size": { "enabled": true } },
            "resultTypes": ["violations"],
        });
        let found = self.ask(&format!("axe.run(document, {options}).then((found) => found.violations)"));
        self.show_as(screen);
        found.as_array().expect("a list").iter().map(violation).collect()
    }

    /// Looks at the page narrow and wide, light and dark: no rule is broken and nothing has to be moved sideways, not
    /// even when the text is spread. Leaves a picture of each in `target/screenshots/NAME-WIDTH-SCHEME.png`, and the
    /// page as it was.
    ///
    /// # Panics
    /// When something is found, with everything that is.
    pub(crate) fn check(&self, name: &str) {
        let findings = self.findings(name);
        assert!(findings.is_empty(), "{name}, {}:\n{}", self.url(), findings.join("\n"));
    }

    /// What [`Page::check`] says against the page.
    pub(crate) fn findings(&self, name: &str) -> Vec<String> {
        let before = self.screen();
        let mut findings = Vec::new();
        for width in [NARROW, WIDE] {
            for (scheme, shown) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
                self.show_as(Screen { width, scheme, ..before });
                self.screenshot(&format!("{name}-{width}-{shown}"));
                let overflow = self.overflow();
                if overflow > 0 {
                    findings.push(format!("{width} {shown}: {overflow} pixels wider than the window"));
                }
                let broken = self.violations();
                findings.extend(broken.iter().map(|violation| format!("{width} {shown}: {violation}")));
            }
        }
        self.show_as(Screen { width: NARROW, ..before });
        let overflow = self.overflow_when_spread();
        if overflow > 0 {
            findings.push(format!("{NARROW} spread: {overflow} pixels wider than the window"));
        }
        self.show_as(before);
        findings
    }

    /// As [`Page::overflow`], for those who need letters, words and lines further apart: as far as WCAG (1.4.12) demands.
    fn overflow_when_spread(&self) -> u64 {
        self.ask(&format!(
            "{{
                const sheet = new CSSStyleSheet();
                sheet.replaceSync({SPREAD:?});
                document.adoptedStyleSheets = [sheet];
                null
            }}"
        ));
        let overflow = self.overflow();
        self.ask("document.adoptedStyleSheets = []; null");
        overflow
    }

    /// A picture of the whole page as it is shown now, in `target/screenshots/NAME.png`.
    pub(crate) fn screenshot(&self, name: &str) -> PathBuf {
        let folder = target().join("screenshots");
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let path = folder.join(format!("{name}.png"));
        fs::write(&path, self.picture()).expect("a picture can be written");
        path
    }
}

fn violation(found: &Value) -> Violation {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let places = found["nodes"].as_array().into_iter().flatten();
    let places = places.map(|place| format!("{}: {}", text(&place["html"]), text(&place["failureSummary"])));
    Violation { rule: text(&found["id"]), help: text(&found["help"]), places: places.collect() }
}

/// The folder that everything is built in: this executable is in `debug/deps` below it.
fn target() -> PathBuf {
    let this = env::current_exe().expect("this executable has a place");
    this.ancestors().nth(3).expect("tests are built three folders down").to_path_buf()
}

/// axe-core as `cargo xtask test browser` has put it there.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = target().join(Path::new("browser/axe.min.js"));
    let read = fs::read_to_string(&path);
    read.unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask test browser` puts it there", path.display()))
});

const SPREAD: &str = "p { margin-bottom: 2em !important }
    * { letter-spacing: .12em !important; word-spacing: .16em !important; line-height: 1.5 !important }";

const TAGS: [&str; 6] = ["best-practice", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
