//! The pages over a real socket: how members come in, what they write, what nobody else gets to see, and what a browser is
//! protected from.

use std::{collections::BTreeMap, fs, net::SocketAddr, path::Path};

use serde_json::{Value, json};

use crate::harness::{
    daemon::Node,
    network::Network,
    raw::{exchange, status},
    wait::{hold, until},
};

pub(super) const PASSPHRASE: &str = "tea by the river today";

/// A browser without scripts: it keeps cookies and sends forms as they are on the page.
pub(super) struct Browser {
    address: SocketAddr,
    pub(super) cookies: BTreeMap<String, String>,
}

/// What a page answered.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Browser {
    pub(super) fn at(node: &Node) -> Self {
        Self { address: node.api().address, cookies: BTreeMap::new() }
    }

    /// The browser of the first member of a node, who has just made an account.
    pub(super) fn of_first_member(node: &Node, name: &str) -> Self {
        let mut browser = Self::at(node);
        let code = fs::read_to_string(node.folder.join("set-up-code")).expect("written at the first start");
        let form = browser.get(&format!("/set-up/{}", code.trim()));
        let answers = [("full-name", name), ("name", name), ("passphrase", PASSPHRASE), ("agree", "yes")];
        let made = browser.send(&form, &format!("/set-up/{}", code.trim()), &answers);
        assert_eq!((made.status, made.location()), (303, "/needs"), "{}", made.body);
        browser
    }

    /// The browser of a member who has an account already.
    pub(super) fn signed_in(node: &Node, sign_in_name: &str) -> Self {
        let mut browser = Self::at(node);
        let form = browser.get("/sign-in");
        let signed_in = browser.send(&form, "/sign-in", &[("name", sign_in_name), ("passphrase", PASSPHRASE)]);
        assert_eq!(signed_in.status, 303, "{}", signed_in.body);
        browser
    }

    pub(super) fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, "", &[])
    }

    /// Sends a form that is on a page.
    pub(super) fn send(&mut self, page: &Page, path: &str, answers: &[(&str, &str)]) -> Page {
        let mut body = format!("form-token={}", page.form_token());
        for (name, value) in answers {
            body.push_str(&format!("&{name}={}", encoded(value)));
        }
        self.ask("POST", path, &body, &[("Content-Type", "application/x-www-form-urlencoded")])
    }

    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let page = Page::of(&exchange(self.address, request.as_bytes()));
        for line in page.head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (pair, attributes) = line.split_once(';').expect("cookies have attributes");
            assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Strict"), "{line}");
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            self.cookies.insert(name.into(), value.into());
        }
        page
    }

    /// The session's token.
    pub(super) fn token(&self) -> &str {
        self.cookies.iter().find(|(name, _)| name.starts_with("knotwork-session")).expect("signed in").1
    }
}

impl Page {
    fn of(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        Self { status: status(answer), head: head.to_owned(), body: body.to_owned() }
    }

    pub(super) fn location(&self) -> &str {
        self.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default()
    }

    pub(super) fn form_token(&self) -> &str {
        self.value_after("name=\"form-token\" value=\"")
    }

    pub(super) fn value_after(&self, text: &str) -> &str {
        let at = self.body.find(text).unwrap_or_else(|| panic!("no {text} in {}", self.body)) + text.len();
        let rest = &self.body[at..];
        &rest[..rest.find('"').expect("closed")]
    }
}

fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

fn alone() -> Network {
    Network::running(&["Alder"])
}

#[test]
fn a_first_member_comes_in_by_the_code_and_signs_what_they_write() {
    let network = alone();
    let node = &network.nodes[0];
    let mut stranger = Browser::at(node);
    assert_eq!(stranger.get("/library").status, 303, "led to where one signs in");
    assert_eq!(stranger.get("/set-up/nonsense").status, 404);
    assert!(stranger.get("/set-up?code=nonsense").body.contains("There is a problem"));

    let mut ada = Browser::of_first_member(node, "Ada");
    let form = ada.get("/library/add");
    let key = form.value_after("name=\"key\" value=\"").to_owned();
    let answers = [("key", key.as_str()), ("title", "Tea & talk"), ("body", "Come *in*."), ("tags", "tea\ntalk")];
    let check = ada.send(&form, "/library/add", &[&answers[..], &[("step", "check")]].concat());
    assert!(check.status == 200 && check.body.contains("Tea &amp; talk"), "{}", check.body);
    let share = [&answers[..], &[("step", "share")]].concat();
    let (first, second) = (ada.send(&check, "/library/add", &share), ada.send(&check, "/library/add", &share));
    assert_eq!((first.status, first.location()), (303, second.location()), "sent twice, added once");
    let page = ada.get(first.location());
    assert!(page.body.contains("Ada") && page.body.contains("<em>in</em>"), "{}", page.body);
    let items = node.api().get("/api/v1/resources").expect(200).json();
    assert_eq!(items["total"], 1);
    assert_eq!(items["items"][0]["contributors"][0]["name"], "Ada");
    assert_eq!(items["items"][0]["contributors"][0]["automatic"], false);

    // The code has done its work; the member signs out and in again.
    assert_eq!(stranger.get("/set-up").location(), "/sign-in");
    let settings = ada.get("/settings");
    assert_eq!(ada.send(&settings, "/sign-out", &[]).location(), "/");
    assert_eq!(ada.get("/library").status, 303);
    let form = ada.get("/sign-in");
    let wrong = ada.send(&form, "/sign-in", &[("name", "ada"), ("passphrase", "not the passphrase")]);
    assert!(wrong.status == 422 && wrong.body.contains("<title>Error: "), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"ada\"") && !wrong.body.contains("not the passphrase"), "{}", wrong.body);
    let right = ada.send(&form, "/sign-in", &[("name", "ada"), ("passphrase", PASSPHRASE), ("next", "//evil.example")]);
    assert_eq!((right.status, right.location()), (303, "/"));
}

#[test]
fn a_colleague_joins_by_a_link_that_works_once() {
    let network = alone();
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let page = ada.get("/settings/invitations");
    let key = [("key", page.value_after("name=\"key\" value=\""))];
    let made = ada.send(&page, "/settings/invitations", &key);
    let again = ada.send(&page, "/settings/invitations", &key);
    assert_eq!(again.body.matches("name=\"id\"").count(), 1, "sent twice, made once");
    let link = made.body.split("/join/").nth(1).and_then(|rest| rest.split('<').next()).expect("a link").to_owned();
    let path = format!("/join/{link}");
    assert!(again.body.contains(&path), "and shown twice: {}", again.body);
    let mut bea = Browser::at(node);
    let form = bea.get(&path);
    let short = [("full-name", "Bea"), ("name", "bea"), ("passphrase", "short"), ("agree", "yes")];
    let refused = bea.send(&form, &path, &short);
    assert!(refused.status == 422 && refused.body.contains("at least 12 characters"), "{}", refused.body);
    let answers = [("full-name", "Bea"), ("name", "bea"), ("passphrase", PASSPHRASE), ("agree", "yes")];
    // As by a second click, before the first answer has come.
    let mut twice = Browser { address: bea.address, cookies: bea.cookies.clone() };
    assert_eq!(bea.send(&form, &path, &answers).location(), "/needs");
    assert_eq!(bea.get("/needs").location(), "/waiting");
    assert_eq!(Browser::at(node).get(&path).status, 410);
    // It signs her in once more; to whoever does not know the passphrase, the link is used.
    let wrong = [("full-name", "Bea"), ("name", "bea"), ("passphrase", "another cup of tea"), ("agree", "yes")];
    assert_eq!(twice.send(&form, &path, &wrong).status, 410);
    assert_eq!(twice.send(&form, &path, &answers).location(), "/needs");

    let colleagues = ada.get("/settings/colleagues");
    let person = colleagues.value_after("name=\"person\" value=\"").to_owned();
    let confirm = [("person", person.as_str()), ("do", "confirm")];
    assert_eq!(bea.send(&form, "/settings/colleagues", &confirm).status, 303, "she waits and may do nothing yet");
    assert_eq!(ada.send(&colleagues, "/settings/colleagues", &confirm).status, 303);
    assert!(bea.get("/needs").body.contains("Bea"));
    assert!(ada.get("/people").body.contains("Bea"));
    assert_eq!(bea.get("/settings/colleagues").status, 403, "she is no steward");
}

#[test]
fn what_is_not_for_the_network_reaches_no_partner() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let mut ada = Browser::of_first_member(alder, "Ada");
    let form = ada.get("/profile/edit");
    let answers = [
        ("name", "Ada"),
        ("post", "marker-for-the-network"),
        ("contact", "marker-for-the-organisation"),
        ("experience", "marker-for-nobody"),
    ];
    assert_eq!(ada.send(&form, "/profile/edit", &answers).status, 303);
    let own = ada.get("/profile");
    for marker in ["marker-for-the-network", "marker-for-the-organisation", "marker-for-nobody"] {
        assert!(own.body.contains(marker), "{marker}");
    }
    until("the partner knows the profile", || {
        let members = birch.api().get("/api/v1/members").expect(200).json();
        hold(members.to_string().contains("marker-for-the-network"), || members.to_string())
    });
    let on_disk = |node: &Node, marker: &str| contains(&node.folder, marker.as_bytes());
    // Otherwise this looks in the wrong place.
    for (node, marker) in
        [(birch, "marker-for-the-network"), (alder, "marker-for-the-organisation"), (alder, "marker-for-nobody")]
    {
        until("it is on the disk", || hold(on_disk(node, marker), || format!("{marker} at {}", node.name)));
    }
    assert!(!on_disk(birch, "marker-for-the-organisation") && !on_disk(birch, "marker-for-nobody"));
    // A colleague sees what is for the organisation, and not what is for nobody.
    let members = alder.api().get("/api/v1/members").expect(200).json().to_string();
    assert!(members.contains("marker-for-the-organisation") && !members.contains("marker-for-nobody"));
}

/// Whether a file below a folder has these bytes.
fn contains(folder: &Path, wanted: &[u8]) -> bool {
    let entries = fs::read_dir(folder).expect("readable");
    entries.map(|entry| entry.expect("readable").path()).any(|path| {
        if path.is_dir() {
            contains(&path, wanted)
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            bytes.windows(wanted.len()).any(|window| window == wanted)
        }
    })
}

#[test]
fn two_members_edit_one_resource_at_once_and_both_see_both() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let (mut ada, mut bran) = (Browser::of_first_member(alder, "Ada"), Browser::of_first_member(birch, "Bran"));
    let id = alder.api().add(&json!({ "title": "One", "body": "First line.\nLast line." }));
    let path = format!("/library/{id}");
    until("the resource is at both", || {
        let page = bran.get(&path);
        hold(page.status == 200, || page.body)
    });
    let (form_a, form_b) = (ada.get(&format!("{path}/edit")), bran.get(&format!("{path}/edit")));
    let seen = form_a.value_after("name=\"seen\" value=\"").to_owned();
    let by_ada =
        [("seen", seen.as_str()), ("title", "By Ada"), ("kind", "other"), ("body", "Ada. First line.\nLast line.")];
    let by_bran =
        [("seen", seen.as_str()), ("title", "By Bran"), ("kind", "other"), ("body", "First line.\nLast line. Bran.")];
    assert!(ada.send(&form_a, &format!("{path}/edit"), &by_ada).location().contains("done="));
    assert!(bran.send(&form_b, &format!("{path}/edit"), &by_bran).location().contains("done="));
    for browser in [&mut ada, &mut bran] {
        until("both edits are seen", || {
            let body = browser.get(&path).body;
            let merged = body.contains("Ada. First line.") && body.contains("Last line. Bran.");
            hold(merged && body.contains("two people wrote at the same time"), || body)
        });
    }
    // One of them chooses, and it is settled for both.
    let page = ada.get(&path);
    ada.send(&page, &format!("{path}/settle"), &[("field", "title"), ("value", "1")]);
    for browser in [&mut ada, &mut bran] {
        until("it is settled", || {
            let body = browser.get(&path).body;
            hold(!body.contains("two people wrote at the same time"), || body)
        });
    }
    // An old version is shown, compared and brought back.
    let history = bran.get(&format!("{path}/history"));
    let oldest = history.body.rsplit("history?at=").next().and_then(|rest| rest.split('"').next()).expect("a version");
    let version = bran.get(&format!("{path}/history?at={oldest}"));
    assert!(version.body.contains("This is how it began"), "{}", version.body);
    let restored = bran.send(&version, &format!("{path}/restore"), &[("at", oldest)]);
    assert!(restored.location().ends_with("done=restored"), "{}", restored.body);
    assert!(bran.get(&path).body.contains("<h1>One</h1>"));
}

/// The paths of all routes that are asked in a way (`get`, `post`), as the table of the routes has them, with `id` in the
/// place of what differs.
fn paths(method: &str, id: &str) -> Vec<String> {
    let table = include_str!("../../crates/pages/src/routes.rs");
    let routes = table.split(".route(").skip(1).map(|route| route.split(".fallback(").next().unwrap_or_default());
    let asked = routes.filter(|route| {
        let handlers = route.split_once(',').map_or("", |(_, handlers)| handlers);
        handlers.contains(&format!(" {method}(")) || handlers.contains(&format!(".{method}("))
    });
    let paths = asked.filter_map(|route| route.split('"').nth(1));
    paths
        .map(|path| {
            path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/")
        })
        .collect()
}

/// The pages that anybody who is signed in can open without knowing an id, and some that are not there.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = paths("get", "{").into_iter().filter(|path| !path.contains('{')).collect();
    pages.push("/nothing/here".to_owned());
    assert!(pages.len() > 20, "{pages:?}");
    pages
}

#[test]
fn a_browser_is_protected_on_every_page() {
    let network = alone();
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let id = node.api().add(&json!({ "title": "One" }));
    // With an id that is one, and with one that is none; styles and scripts have rules of their own, and a stream no end.
    let mut all: Vec<String> = pages();
    all.extend(paths("get", &id).into_iter().chain(paths("get", "nothing")));
    all.retain(|path| !path.starts_with("/assets/") && !path.ends_with("/watch"));
    for path in &all {
        let page = ada.get(path);
        for (name, value) in [
            ("content-security-policy", "default-src 'none'; style-src 'self'; script-src 'self'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
        ] {
            let line = page.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default();
            assert!(line.starts_with(value), "{path}: {name}: {line}");
        }
        assert!(page.body.contains("<h1>") || page.status == 303, "{path}");
        assert!(!page.body.contains(" style=") && !page.body.contains("<script>"), "{path} has nothing inline");
        // By another name, it is no page of this node.
        let head = format!("GET {path} HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n");
        assert_eq!(status(&exchange(ada.address, head.as_bytes())), 421, "{path}");
    }
    let page = ada.get("/settings");
    let token = page.form_token().to_owned();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let forms: Vec<String> = paths("post", &id).into_iter().chain(paths("post", "nothing")).collect();
    assert!(forms.len() > 60, "{forms:?}");
    for path in &forms {
        let right = format!("form-token={token}");
        for headers in [
            &[form, ("Origin", "http://evil.example")][..],
            &[form, ("Origin", "null")],
            &[form, ("Sec-Fetch-Site", "cross-site")],
            &[form, ("Sec-Fetch-Site", "same-site")],
        ] {
            assert_eq!(ada.ask("POST", path, &right, headers).status, 403, "{path} {headers:?}");
        }
        for body in ["", "form-token=", "form-token=x", "form-token=%00", &"a=1&".repeat(20_000)] {
            assert_eq!(ada.ask("POST", path, body, &[form]).status, 403, "{path}");
        }
        assert_eq!(ada.ask("POST", path, &right, &[("Content-Type", "text/plain")]).status, 415, "{path}");
    }
    assert_eq!(ada.get("/needs").status, 200, "nothing of this signed her out");
    let long = format!("form-token={token}&x={}", "x".repeat(7 * 1024 * 1024));
    assert_eq!(ada.ask("POST", "/library/add", &long, &[form]).status, 413);
}

/// What somebody types who wants a browser to run it.
const HOSTILE: [&str; 8] = [
    "<script>evil()</script>",
    "\"><svg onload=evil()>",
    "'><img src=x onerror=evil()>",
    "[x](javascript:evil())",
    "<a href=\"javascript:evil()\" onmouseover=\"evil()\">x</a>",
    "</textarea></title></style><script>evil()</script>",
    "{{evil()}}<!--<script>--><script>evil()</script>",
    "javascript:evil()",
];

#[test]
fn what_members_type_is_shown_and_never_run() {
    let network = alone();
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let api = node.api();
    let token = format!("Bearer {}", ada.token());
    let member = |body: &Value| {
        let text = body.to_string();
        let request = format!(
            "PATCH /api/v1/me HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: {token}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\n\r\n{text}",
            api.address,
            text.len()
        );
        assert_eq!(status(&exchange(api.address, request.as_bytes())), 200);
    };
    let mut pages: Vec<String> = pages();
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let tag = hostile.replace(';', "");
        let id = api.add(&json!({
            "title": hostile, "summary": hostile, "body": format!("{hostile}\n\n> {hostile}\n\n# {hostile}"),
            "links": [hostile], "tags": [tag], "licence": hostile, "language": "en",
        }));
        let field = json!({ "value": hostile, "shown_to": "network" });
        let names = ["name", "pronouns", "post", "languages", "skills", "interests", "offers", "experience", "contact"];
        let profile: BTreeMap<&str, &Value> = names.iter().map(|name| (*name, &field)).collect();
        member(&json!({ "profile": profile }));
        let form = ada.get("/roles/take-on");
        let key = form.value_after("name=\"key\" value=\"").to_owned();
        let role = [("key", key.as_str()), ("role", "expert"), ("topic", hostile)];
        assert_eq!(ada.send(&form, "/roles/take-on", &role).status, 303, "{hostile}");
        let form = ada.get("/organisation/edit");
        let says = [("about", *hostile), ("sectors", hostile), ("places", hostile)];
        assert!(ada.send(&form, "/organisation/edit", &says).location().ends_with("?done=yes"), "{hostile}");
        let refused = ada.send(&form, "/organisation/edit", &[("website", *hostile)]);
        assert_eq!(refused.status, 422);
        check_harmless("the form of the organisation again", &refused.body);
        let history = ada.get(&format!("/library/{id}/history"));
        let at = history.value_after("history?at=").to_owned();
        if number == 0 {
            let me = api.get("/api/v1/members").expect(200).json();
            pages.push(format!("/people/{}", me["items"][0]["person"].as_str().expect("an id")));
            let people = ada.get("/people").body;
            let key = people.split("/organisations/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
            pages.push(format!("/organisations/{key}"));
        }
        pages.push(format!("/library?words={0}&tag={0}&kind={0}&page={0}", encoded(hostile)));
        pages.push(format!("/people?words={}", encoded(hostile)));
        pages.push(format!("/set-up?code={}", encoded(hostile)));
        pages.push(format!("/sign-in?next={}", encoded(hostile)));
        for end in ["", "/edit", "/history", &format!("/history?at={at}")] {
            pages.push(format!("/library/{id}{end}"));
        }
        let decision = ask_about(&mut ada, hostile);
        for end in ["", "/position", "/change"] {
            pages.push(format!("{decision}{end}"));
        }
        for path in &pages {
            check_harmless(path, &ada.get(path).body);
        }
        // Shown again with what was typed.
        let form = ada.get("/library/add");
        let typed = [("title", ""), ("summary", *hostile), ("body", hostile), ("tags", hostile), ("step", "check")];
        check_harmless("the form again", &ada.send(&form, "/library/add", &typed).body);
    }
}

/// Opens a decision whose every text is this one, says it as well as a remark, and gives the path of its page.
fn ask_about(ada: &mut Browser, text: &str) -> String {
    let form = ada.get("/decisions/new?kind=options");
    let key = form.value_after("name=\"key\" value=\"").to_owned();
    let day = form.value_after("type=\"date\" class=\"short\" value=\"").to_owned();
    let options = format!("One\n{text}");
    let mut answers = vec![
        ("key", key.as_str()),
        ("kind", "options"),
        ("method", "ranked-runoff"),
        ("options", &options),
        ("closes-day", &day),
        ("closes-time", "17:00"),
        ("title", text),
        ("text", text),
        ("summary", text),
        ("left-out", text),
    ];
    check_harmless("the decision before it opens", &ada.send(&form, "/decisions/new", &answers).body);
    answers.push(("step", "open"));
    let opened = ada.send(&form, "/decisions/new", &answers);
    assert_eq!(opened.status, 303, "{}", opened.body);
    assert_eq!(ada.send(&form, "/decisions/new", &answers).location(), opened.location(), "sent twice, opened once");
    let path = opened.location().split('?').next().unwrap_or_default().to_owned();
    ada.send(&form, "/voice/speak", &[("next", &path)]);
    let said = ada.send(&form, &format!("{path}/remarks"), &[("kind", "question"), ("text", text)]);
    assert_eq!(said.status, 303, "{}", said.body);
    let ranked = [("order", "1"), ("reason", text), ("step", "check")];
    check_harmless("the answer before it is given", &ada.send(&form, &format!("{path}/position"), &ranked).body);
    path
}

/// Nothing in a page is an element, an attribute or an address that somebody typed.
fn check_harmless(path: &str, body: &str) {
    let lower = body.to_lowercase();
    for bad in ["<script>", "<svg", "<img"] {
        assert!(!lower.contains(bad), "{path} has {bad}");
    }
    for (at, _) in lower.match_indices('<') {
        let tag = &lower[at..lower[at..].find('>').map_or(lower.len(), |end| at + end)];
        assert!(!tag.contains("href=\"javascript:") && !tag.contains("href=javascript:"), "{path} has {tag}");
        let outside: String = tag.split('"').step_by(2).collect();
        assert!(!outside.contains(" on"), "{path} has {tag}");
    }
}

#[test]
fn five_lines_sign_in_and_add_a_resource() {
    let network = alone();
    let node = &network.nodes[0];
    Browser::of_first_member(node, "Ada");
    let api = node.api();
    let session = api.try_post("/api/v1/session", &json!({ "name": "ada", "passphrase": PASSPHRASE })).expect("asked");
    let token = session.expect(201).json()["token"].as_str().expect("a token").to_owned();
    let ada = crate::harness::api::Api::new(api.address, token);
    let added = ada.post("/api/v1/resources", &json!({ "title": "By a script" })).expect(201).json();
    assert_eq!(added["contributors"][0]["name"], "Ada");
    assert_eq!(ada.get("/api/v1/me").expect(200).json()["profile"]["name"]["value"], "Ada");
    let invitation = ada.post("/api/v1/invitations", &json!({})).expect(201).json();
    assert!(invitation["path"].as_str().expect("a path").starts_with("/join/"));
    assert_eq!(api.get("/api/v1/me").status, 403, "a machine has no profile");
}
