//! Checks that the checks can fail: small pages with known faults, and one without, served by the test itself.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use super::{
    chromium::Browser,
    keys::Key,
    page::{NARROW, Scheme, Scripts, WIDE},
};

#[test]
fn a_good_page_passes_under_a_strict_policy_and_is_pictured() {
    let (browser, site) = (Browser::start(), Site::start());
    let page = browser.visitor();
    page.goto(&site.url("/good"));
    page.check("sample-good");
    let screen = page.screen();
    assert_eq!((page.title().as_str(), page.h1().as_str(), screen.width), ("Good - Sample", "Good", WIDE));
    let wide = page.picture();
    page.scheme(Scheme::Dark);
    assert!(page.picture() != wide, "light and dark look the same");
    page.viewport(NARROW, 600);
    let narrow = page.picture();
    // The width stands in a PNG from its 16th byte on.
    assert_eq!((&wide[16..20], &narrow[16..20]), (&WIDE.to_be_bytes()[..], &NARROW.to_be_bytes()[..]));
    // Without scripts, too, although axe-core is one.
    page.scripts(Scripts::Off);
    page.goto(&site.url("/good"));
    assert_eq!(page.findings("sample-no-scripts"), Vec::<String>::new());
    assert_eq!(page.screen().scripts, Scripts::Off);
}

#[test]
fn planted_faults_are_found() {
    let (browser, site) = (Browser::start(), Site::start());
    let page = browser.visitor();
    page.goto(&site.url("/bad"));
    let rules: Vec<String> = page.violations().into_iter().map(|violation| violation.rule).collect();
    assert_eq!(rules, ["color-contrast", "html-has-lang", "image-alt", "label", "target-size"]);
    let findings = page.findings("sample-bad");
    let wider = |finding: &&String| finding.contains("wider than the window");
    let wider: Vec<&String> = findings.iter().filter(wider).collect();
    let expected =
        ["320 light", "320 dark", "320 spread"].map(|how| format!("{how}: 180 pixels wider than the window"));
    assert_eq!(wider, expected.iter().collect::<Vec<_>>());
    assert!(findings.iter().any(|finding| finding.starts_with("1280 dark: image-alt: ")), "{findings:#?}");
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page.check("sample-bad")));
    assert!(checked.is_err(), "a page with faults passed");
}

#[test]
fn without_scripts_none_runs() {
    let (browser, site) = (Browser::start(), Site::start());
    let page = browser.visitor();
    page.goto(&site.url("/script"));
    assert!(page.text().contains("A script was here"));
    page.scripts(Scripts::Off);
    page.goto(&site.url("/script"));
    assert!(page.text().contains("No script was here"), "{}", page.text());
    // Looking for faults lets axe-core run, and not the page's own scripts.
    page.violations();
    assert!(page.text().contains("No script was here"), "{}", page.text());
    page.follow("Good");
    assert_eq!(page.h1(), "Good");
}

#[test]
fn the_keyboard_alone_leads_through_a_form() {
    let (browser, site) = (Browser::start(), Site::start());
    let page = browser.visitor();
    page.goto(&site.url("/good"));
    page.press(Key::Tab);
    assert_eq!(page.focused(), ("link".to_owned(), "Skip to the content".to_owned()));
    page.tab_to("textbox", "Your name");
    page.type_in("Ada & Böb");
    page.press(Key::Tab);
    page.press(Key::Space);
    page.press(Key::Tab);
    page.press(Key::Down);
    page.press(Key::BackTab);
    page.press(Key::BackTab);
    page.leads_on(|page| page.press(Key::Enter));
    assert_eq!(page.h1(), "Thank you");
    assert!(page.text().contains("name=Ada+%26+B%C3%B6b&agree=on&day=tue"), "{}", page.text());
    let lost = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page.tab_to("button", "Nowhere")));
    assert!(lost.is_err(), "what is not there was reached");
}

#[test]
fn a_form_is_filled_in_by_what_its_fields_are_called() {
    let (browser, site) = (Browser::start(), Site::start());
    let page = browser.visitor();
    page.goto(&site.url("/good"));
    page.fill("Your name", "Ada");
    page.fill("Your name", "Grace");
    assert_eq!(page.value("Your name"), "Grace");
    page.choose("Day", "Tuesday");
    page.tick("I agree");
    page.submit("Send");
    assert!(page.text().contains("name=Grace&agree=on&day=tue"), "{}", page.text());
    assert_eq!(page.url(), site.url("/sent"));
    assert!(page.has("heading", "Thank you") && !page.has("heading", "Good"));
    for missing in ["Send", "Your name"] {
        let pressed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page.click("button", missing)));
        assert!(pressed.is_err(), "{missing}, which is not there, was pressed");
    }
}

#[test]
fn two_visitors_are_two_people_and_two_tabs_are_one() {
    let (browser, site) = (Browser::start(), Site::start());
    let (one, other) = (browser.visitor(), browser.visitor());
    one.goto(&site.url("/cookie"));
    one.goto(&site.url("/cookie"));
    other.goto(&site.url("/cookie"));
    let second_tab = browser.beside(&one);
    second_tab.goto(&site.url("/cookie"));
    assert!(one.text().contains("Seen before") && second_tab.text().contains("Seen before"));
    assert!(other.text().contains("New here"));
    // And what comes later, without loading anew, is waited for.
    one.goto(&site.url("/later"));
    one.wait_for_text("It has come");
}

/// A few pages on loopback. Its thread ends with the test's process.
struct Site {
    address: SocketAddr,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("a port");
        let polls = Arc::new(AtomicU32::new(0));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let polls = Arc::clone(&polls);
                // What the browser breaks off is no fault.
                thread::spawn(move || _ = answer(stream, &polls));
            }
        });
        Self { address }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn answer(mut stream: TcpStream, polls: &AtomicU32) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    request.read_line(&mut first)?;
    let (mut length, mut has_cookie) = (0, false);
    for line in request.by_ref().lines() {
        let line = line?.to_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap_or_default();
        }
        has_cookie |= line.starts_with("cookie: seen=");
        if line.is_empty() {
            break;
        }
    }
    let mut body = String::new();
    request.take(length).read_to_string(&mut body)?;
    let (kind, more, text) = match first.split_whitespace().nth(1).unwrap_or_default() {
        "/style.css" => ("text/css", "", STYLE.to_owned()),
        "/script.js" => {
            ("text/javascript", "", "document.querySelector('p').textContent = 'A script was here'".to_owned())
        }
        "/later.js" => ("text/javascript", "", LATER.to_owned()),
        "/poll" => {
            let come = polls.fetch_add(1, Ordering::Relaxed) > 2;
            ("text/plain", "", if come { "It has come" } else { "Not yet" }.to_owned())
        }
        "/good" => ("text/html", POLICY, good("Good", FORM)),
        "/script" => ("text/html", POLICY, good("Script", SCRIPT)),
        "/later" => ("text/html", POLICY, good("Later", "<p>Not yet</p><script src=later.js></script>")),
        "/sent" => ("text/html", POLICY, good("Thank you", &format!("<p>{}</p>", body.replace('&', "&amp;")))),
        "/cookie" if has_cookie => ("text/html", POLICY, good("Cookie", "<p>Seen before</p>")),
        "/cookie" => ("text/html", COOKIE, good("Cookie", "<p>New here</p>")),
        "/bad" => ("text/html", "", BAD.to_owned()),
        _ => ("text/plain", "", String::new()),
    };
    let head =
        format!("Content-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n", text.len());
    write!(stream, "HTTP/1.1 200 OK\r\n{head}{more}\r\n{text}")
}

fn good(heading: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=en><meta name=viewport content='width=device-width'><title>{heading} - Sample</title>
        <link rel=stylesheet href=style.css><a href='#content'>Skip to the content</a>
        <main id=content><h1>{heading}</h1>{content}</main></html>"
    )
}

const COOKIE: &str = "Set-Cookie: seen=1; HttpOnly; SameSite=Strict\r\n";

const POLICY: &str = "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src \
                      'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n";

const STYLE: &str = ":root { color-scheme: light dark } body { font-family: 'DejaVu Sans', sans-serif; margin: 1rem }
    label, button, a { display: block; margin: 1rem 0 }
    @media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #9cf } }";

const FORM: &str = "<form method=post action=sent>
    <label for=name>Your name</label><input id=name name=name autocomplete=name>
    <label><input type=checkbox name=agree> I agree</label>
    <label for=day>Day</label><select id=day name=day><option value=mon>Monday<option value=tue>Tuesday</select>
    <button>Send</button></form>";

const SCRIPT: &str = "<p>No script was here</p><a href=good>Good</a><script src=script.js></script>";

const LATER: &str = "const look = async () => {
        const text = await (await fetch('poll')).text();
        document.querySelector('p').textContent = text;
        if (text === 'Not yet') setTimeout(look, 20);
    };
    look();";

/// No language, a picture without words, grey on white, a field without a label, small things close together, and a
/// box of 500 pixels.
const BAD: &str = "<!DOCTYPE html><html><title>Bad</title><style>body { margin: 0; background: #fff }
    #grey { color: #bbb } #wide { width: 500px; height: 1px } button { width: 9px; height: 9px; padding: 0; border: 0 }
    </style><main><h1>Bad</h1><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><p id=grey>Grey on white</p>
    <input><div id=wide></div><button aria-label=a></button><button aria-label=b></button></main></html>";
