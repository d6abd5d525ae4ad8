//! What a decision changes for everyone, as a file tells it.

use knotwork_governance::Effect;
use knotwork_minutes::Bundle;
use serde_json::{Value, json};

use super::super::verify::{called, name};

/// One effect, for people.
pub(super) fn lines(bundle: &Bundle, effect: &Effect) -> Vec<String> {
    let mut lines = vec![format!("changes    {}", sentence(bundle, effect))];
    if effect.organisation().is_some_and(|organisation| name(bundle, &organisation).is_none()) {
        lines.push(
            "           The file proves no name for this key: what the title and the text call it is what whoever opened the \
             decision wrote."
                .into(),
        );
    }
    lines
}

/// One effect, for programs.
pub(super) fn as_json(bundle: &Bundle, effect: &Effect) -> Value {
    let organisation = effect.organisation();
    let mut body = json!({
        "kind": effect.word(),
        "organisation": organisation,
        "name": organisation.and_then(|organisation| name(bundle, &organisation)),
    });
    match effect {
        Effect::Admit { node, host, .. } => {
            body["node"] = json!(node.as_ref().map(|node| node.key));
            body["host"] = json!(host);
        }
        Effect::Node { node, .. } => body["node"] = json!(node.key),
        Effect::Charter { document, digest, .. } => {
            body["document"] = json!(document);
            body["digest"] = json!(digest.to_string());
        }
        Effect::Remove { stands, .. } => body["stands"] = json!(stands.count),
        Effect::Stage(stage) => body["stage"] = json!(stage.word()),
        Effect::Rest { .. } => {}
    }
    body
}

fn sentence(bundle: &Bundle, effect: &Effect) -> String {
    match effect {
        Effect::Admit { organisation, host: Some(host), .. } => {
            format!("admits {}, whose members use the node of {}", called(bundle, organisation), called(bundle, host))
        }
        Effect::Admit { organisation, .. } => format!("admits {}", called(bundle, organisation)),
        Effect::Remove { organisation, .. } => format!("parts with {}", called(bundle, organisation)),
        Effect::Rest { organisation } => format!("lets {} rest", called(bundle, organisation)),
        Effect::Charter { digest, .. } => format!("brings the charter with the digest {digest} into force"),
        Effect::Node { organisation, .. } => format!("has another node speak for {}", called(bundle, organisation)),
        Effect::Stage(stage) => format!("declares the network {}", stage.word()),
    }
}
