//! Things on a page, found as a screen reader finds them: by what they are and what they are called.
//!
//! Roles and names are those that Chromium works out for the machine's own screen reader.

use serde_json::{Value, json};

use super::page::Page;

/// Something on a page. It is gone when the page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    /// As ARIA has it: `link`, `button`, `textbox`, `heading`.
    pub(crate) role: String,
    node: u64,
}

impl Page {
    /// Everything of this role, or of any, with exactly this name.
    pub(crate) fn find(&self, role: Option<&str>, name: &str) -> Vec<Element> {
        let document = self.try_evaluate("document", "objectId").unwrap_or_else(|error| panic!("{error}"));
        let mut wanted = json!({ "objectId": document, "accessibleName": name });
        if let Some(role) = role {
            wanted["role"] = json!(role);
        }
        let found = self.call("Accessibility.queryAXTree", &wanted);
        let nodes = found["nodes"].as_array().expect("a list").iter();
        let shown = nodes.filter(|node| node["ignored"] != true);
        shown.filter_map(element).collect()
    }

    /// Whether there is something of this role with this name.
    pub(crate) fn has(&self, role: &str, name: &str) -> bool {
        !self.find(Some(role), name).is_empty()
    }

    /// The one thing of this role with this name.
    ///
    /// # Panics
    /// When there is none, or several: then a person could not tell them apart either.
    pub(crate) fn the(&self, role: &str, name: &str) -> Element {
        self.the_one(&format!("{role} {name:?}"), self.find(Some(role), name), |_| true)
    }

    pub(crate) fn the_one(&self, what: &str, found: Vec<Element>, is_meant: impl Fn(&Element) -> bool) -> Element {
        let mut meant: Vec<Element> = found.into_iter().filter(is_meant).collect();
        match (meant.pop(), meant.len()) {
            (Some(only), 0) => only,
            (_, others) => {
                let count = if others == 0 { "no" } else { "more than one" };
                panic!("{} has {count} {what}:\n{}", self.url(), self.text())
            }
        }
    }

    pub(crate) fn focus(&self, element: &Element) {
        self.call("DOM.focus", &json!({ "backendNodeId": element.node }));
    }

    /// What a function comes to whose `this` is the element.
    pub(crate) fn ask_element(&self, element: &Element, function: &str) -> Value {
        let object = self.call("DOM.resolveNode", &json!({ "backendNodeId": element.node }));
        let parameters = json!({
            "objectId": object["object"]["objectId"], "functionDeclaration": function, "returnByValue": true,
        });
        let mut answer = self.call("Runtime.callFunctionOn", &parameters);
        assert!(answer.get("exceptionDetails").is_none(), "the page throws: {answer}");
        answer["result"]["value"].take()
    }

    /// Where to click on it, once it has been brought into the window.
    pub(crate) fn middle(&self, element: &Element) -> (f64, f64) {
        self.call("DOM.scrollIntoViewIfNeeded", &json!({ "backendNodeId": element.node }));
        let quads = self.call("DOM.getContentQuads", &json!({ "backendNodeId": element.node }));
        let corners: Vec<f64> = quads["quads"][0].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let [left, top, _, _, right, bottom, ..] = corners[..] else { panic!("{element:?} cannot be seen: {quads}") };
        ((left + right) / 2.0, (top + bottom) / 2.0)
    }
}

fn element(node: &Value) -> Option<Element> {
    Some(Element { role: node["role"]["value"].as_str()?.to_owned(), node: node["backendDOMNodeId"].as_u64()? })
}

/// The roles of what is filled in, ticked or chosen from.
pub(crate) const FIELDS: [&str; 8] =
    ["textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "spinbutton", "Date"];
