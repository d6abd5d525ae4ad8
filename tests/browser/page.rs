//! A page as somebody has it before them: going somewhere, reading what is there, pressing and filling in what they find
//! by its role and name.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::{
    elements::{Element, FIELDS},
    keys::Key,
    protocol::Connection,
};
use crate::harness::wait;

/// One page (a tab) of one person.
pub(crate) struct Page {
    connection: RefCell<Connection>,
    context: String,
    screen: RefCell<Screen>,
}

/// How the page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// In CSS pixels.
    pub(crate) width: u32,
    /// In CSS pixels.
    pub(crate) height: u32,
    pub(crate) scheme: Scheme,
    pub(crate) scripts: Scripts,
}

/// What the person has chosen for their whole machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// Whether the page's scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

impl Page {
    pub(crate) fn new(connection: Connection, context: &str) -> Self {
        let page = Self {
            connection: RefCell::new(connection),
            context: context.to_owned(),
            screen: RefCell::new(Screen { width: WIDE, height: HEIGHT, scheme: Scheme::Light, scripts: Scripts::On }),
        };
        for part in ["Page.enable", "DOM.enable", "Accessibility.enable", "Runtime.enable"] {
            page.call(part, &json!({}));
        }
        // Each page believes that it is the one in front: several are used at once.
        page.call("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }));
        let screen = page.screen();
        page.show_as(screen);
        page
    }

    /// Goes to an address, and waits until what is there has been loaded.
    ///
    /// # Panics
    /// When nothing answers there.
    pub(crate) fn goto(&self, url: &str) {
        let answer = self.call("Page.navigate", &json!({ "url": url }));
        assert!(answer.get("errorText").is_none(), "{url}: {}", answer["errorText"]);
        // Without a loader, it was another place in the same document.
        if let Some(loader) = answer["loaderId"].as_str() {
            self.wait_for_document(url, |now| now == loader);
        }
    }

    /// Does something that leads to another page (or to this one anew), and waits until that has been loaded.
    ///
    /// # Panics
    /// When it leads nowhere.
    pub(crate) fn leads_on(&self, act: impl FnOnce(&Self)) {
        let before = self.document().expect("a page has a document");
        act(self);
        self.wait_for_document("the next page", |now| now != before);
    }

    /// Follows the link of this name.
    pub(crate) fn follow(&self, name: &str) {
        self.leads_on(|page| page.click("link", name));
    }

    /// Presses the button of this name, which sends a form, and waits for the answer.
    pub(crate) fn submit(&self, name: &str) {
        self.leads_on(|page| page.click("button", name));
    }

    /// Clicks on what has this role and this name, and waits for nothing.
    ///
    /// # Panics
    /// When there is none, more than one, or one that nobody can click on.
    pub(crate) fn click(&self, role: &str, name: &str) {
        let element = self.the(role, name);
        let (x, y) = self.middle(&element);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Puts this into the field with this label, in place of what was there.
    pub(crate) fn fill(&self, label: &str, value: &str) {
        let field = self.field(label);
        self.focus(&field);
        self.ask_element(&field, "function() { this.select() }");
        if value.is_empty() {
            self.press(Key::Delete);
        } else {
            self.type_in(value);
        }
    }

    /// Ticks the box or the radio button with this label.
    pub(crate) fn tick(&self, label: &str) {
        let field = self.field(label);
        self.click(&field.role, label);
    }

    /// Chooses from the list with this label the line that reads so.
    pub(crate) fn choose(&self, label: &str, line: &str) {
        let field = self.field(label);
        let line = json!(line);
        let chosen = self.ask_element(
            &field,
            &format!(
                "function() {{
                    const at = [...this.options].findIndex((option) => option.label === {line});
                    if (at < 0) return false;
                    this.selectedIndex = at;
                    this.dispatchEvent(new Event('input', {{ bubbles: true }}));
                    this.dispatchEvent(new Event('change', {{ bubbles: true }}));
                    return true;
                }}"
            ),
        );
        assert_eq!(chosen, true, "{label:?} has no line {line}");
    }

    /// What stands in the field with this label.
    pub(crate) fn value(&self, label: &str) -> String {
        let field = self.field(label);
        self.ask_element(&field, "function() { return this.value }").as_str().unwrap_or_default().to_owned()
    }

    /// Writes into what has the focus.
    pub(crate) fn type_in(&self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    pub(crate) fn press(&self, key: Key) {
        let mut event = key.down();
        self.call("Input.dispatchKeyEvent", &event);
        event["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", &event);
    }

    /// Presses Tab until what has this role and this name has the focus.
    ///
    /// # Panics
    /// When the keyboard does not get there, with what it came by.
    pub(crate) fn tab_to(&self, role: &str, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..TABS_MAX {
            self.press(Key::Tab);
            let focused = self.focused();
            if focused == (role.to_owned(), name.to_owned()) {
                return;
            }
            passed.push(focused);
        }
        panic!("Tab does not lead to {role} {name:?} but by {passed:#?}");
    }

    pub(crate) fn url(&self) -> String {
        self.ask("location.href").as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn title(&self) -> String {
        self.ask("document.title").as_str().unwrap_or_default().to_owned()
    }

    /// The text of the page's one main heading.
    ///
    /// # Panics
    /// When it has none, or several.
    pub(crate) fn h1(&self) -> String {
        let found = self.ask("[...document.querySelectorAll('h1')].map((heading) => heading.innerText.trim())");
        match found.as_array().map(Vec::as_slice) {
            Some([only]) => only.as_str().unwrap_or_default().to_owned(),
            _ => panic!("{} has not one h1: {found}", self.url()),
        }
    }

    /// The text that can be seen.
    pub(crate) fn text(&self) -> String {
        self.try_text().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits until the page says this, without loading it again.
    pub(crate) fn wait_for_text(&self, wanted: &str) {
        wait::until(&format!("the page says {wanted:?}"), || {
            let text = self.try_text()?;
            wait::hold(text.contains(wanted), || text.clone())
        });
    }

    /// Role and name of what has the focus; the document itself where nothing has.
    pub(crate) fn focused(&self) -> (String, String) {
        let object = self.evaluate("document.activeElement ?? document.body", "objectId");
        let parameters = json!({ "objectId": object, "fetchRelatives": false });
        let tree = self.call("Accessibility.getPartialAXTree", &parameters);
        let said = |what: &str| tree["nodes"][0][what]["value"].as_str().unwrap_or_default().to_owned();
        (said("role"), said("name"))
    }

    /// How it is shown now.
    pub(crate) fn screen(&self) -> Screen {
        *self.screen.borrow()
    }

    /// Shows the page that is there in another way. Scripts that have begun run on; load it anew to be without.
    pub(crate) fn show_as(&self, screen: Screen) {
        let Screen { width, height, scheme, scripts } = screen;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if scheme == Scheme::Dark { "dark" } else { "light" };
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            // A picture in the middle of a movement differs each time.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.call("Emulation.setEmulatedMedia", &features);
        self.call("Emulation.setScriptExecutionDisabled", &json!({ "value": scripts == Scripts::Off }));
        *self.screen.borrow_mut() = screen;
    }

    /// Width and height of the window, in CSS pixels.
    pub(crate) fn viewport(&self, width: u32, height: u32) {
        self.show_as(Screen { width, height, ..self.screen() });
    }

    pub(crate) fn scheme(&self, scheme: Scheme) {
        self.show_as(Screen { scheme, ..self.screen() });
    }

    /// For the pages that are loaded from now on.
    pub(crate) fn scripts(&self, scripts: Scripts) {
        self.show_as(Screen { scripts, ..self.screen() });
    }

    /// By how many pixels the page is wider than its window: 0 for a page that nobody has to move sideways.
    pub(crate) fn overflow(&self) -> u64 {
        let wider =
            self.ask("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)");
        wider.as_u64().expect("a number of pixels")
    }

    /// The whole page, as far as it goes down, as a PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        // What is behind another tab of the same person is not drawn.
        self.call("Page.bringToFront", &json!({}));
        let size = &self.call("Page.getLayoutMetrics", &json!({}))["cssContentSize"];
        // As wide as the window and no wider: what sticks out is cut off, as it is before people's eyes.
        let clip = json!({ "x": 0, "y": 0, "width": self.screen().width, "height": size["height"], "scale": 1 });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.call("Page.captureScreenshot", &parameters);
        let encoded = answer["data"].as_str().expect("a picture");
        data_encoding::BASE64.decode(encoded.as_bytes()).expect("the picture is in base 64")
    }

    /// What the expression comes to, as JSON; promises are waited for. No rule of the page's own stands against it.
    ///
    /// # Panics
    /// When it throws.
    pub(crate) fn ask(&self, expression: &str) -> Value {
        self.evaluate(expression, "value")
    }

    /// Sends a command of the protocol.
    ///
    /// # Panics
    /// When the browser says no.
    pub(crate) fn call(&self, method: &str, parameters: &Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_call(&self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.connection.borrow_mut().call(method, parameters)
    }

    /// Which person's it is, as the browser calls it.
    pub(crate) fn context(&self) -> &str {
        &self.context
    }

    fn field(&self, label: &str) -> Element {
        self.the_one(&format!("field {label:?}"), self.find(None, label), |found| FIELDS.contains(&&*found.role))
    }

    fn try_text(&self) -> Result<String, String> {
        let text = self.try_evaluate("document.body.innerText", "value")?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    fn evaluate(&self, expression: &str, part: &str) -> Value {
        self.try_evaluate(expression, part).unwrap_or_else(|error| panic!("{error}"))
    }

    /// `part` is `value` for what can be written as JSON, and `objectId` for a handle on what cannot.
    pub(crate) fn try_evaluate(&self, expression: &str, part: &str) -> Result<Value, String> {
        let parameters = json!({
            "expression": expression, "returnByValue": part == "value", "awaitPromise": part == "value",
        });
        let mut answer = self.try_call("Runtime.evaluate", &parameters)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(format!("the page throws: {thrown}")),
            None => Ok(answer["result"][part].take()),
        }
    }

    /// What names the document that is there: each time that a page is loaded, another.
    fn document(&self) -> Result<String, String> {
        let tree = self.try_call("Page.getFrameTree", &json!({}))?;
        tree["frameTree"]["frame"]["loaderId"].as_str().map(str::to_owned).ok_or_else(|| format!("none: {tree}"))
    }

    fn wait_for_document(&self, what: &str, is_it: impl Fn(&str) -> bool) {
        wait::until(&format!("{what} is loaded"), || {
            let document = self.document()?;
            wait::hold(is_it(&document), || "the page before it is still there".to_owned())?;
            let state = self.try_evaluate("document.readyState", "value")?;
            wait::hold(state == "complete", || format!("it is {state}"))
        });
    }
}

/// The width of a desktop, in CSS pixels.
pub(crate) const WIDE: u32 = 1280;
/// The width of a small telephone, and of a desktop at 400 %, in CSS pixels.
pub(crate) const NARROW: u32 = 320;
const HEIGHT: u32 = 800;
/// More than any page has places to stop at before its end.
const TABS_MAX: usize = 200;
