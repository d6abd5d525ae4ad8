//! Deciding together: a fourth organisation is admitted, the charter is amended by consent after an objection was
//! integrated, and all four show the same minutes.

use std::{path::Path, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Cast, Interrupt, PASSPHRASE,
    members::{self, DemoMember, MEMBERS, NEWCOMER},
    process::{self, Organisation},
};
use crate::{caller::Caller, failure::Failure};

/// A minute that all show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Minuted {
    /// Its number.
    pub(crate) height: u64,
    /// Its hash.
    pub(crate) hash: String,
    /// What it is about.
    pub(crate) about: String,
}

/// Goes through it all, and gives the minutes that all four organisations show. `tell` is told each step.
pub(crate) fn decide(cast: &mut Cast, interrupt: &Interrupt, tell: &dyn Fn(&str)) -> Result<Vec<Minuted>, Failure> {
    wait_until_all_sign(cast, 3, interrupt)?;
    for (organisation, member) in cast.organisations().iter().zip(&MEMBERS) {
        give_voice(organisation, member)?;
    }
    tell("Each organisation gives a member its voice.");
    let admitted = admit(cast, interrupt, tell)?;
    let amended = amend(cast, interrupt, tell)?;
    let minutes = agree_on_minutes(cast, interrupt)?;
    let height = minutes.last().map_or(0, |minute| minute.height);
    tell(&format!("All four hold the same {height} minutes, and the same charter."));
    for decision in [admitted, amended] {
        for organisation in cast.organisations() {
            let shown = organisation.caller()?.get(&format!("/api/v1/decisions/{decision}"), &[])?.body;
            expect(shown["minute"]["verdict"] == "adopted", "a decision is not adopted everywhere", &shown)?;
        }
    }
    Ok(minutes)
}

/// A fourth organisation is invited, applies, is admitted by the three, and comes in.
fn admit(cast: &mut Cast, interrupt: &Interrupt, tell: &dyn Fn(&str)) -> Result<String, Failure> {
    cast.add_newcomer()?;
    let place = cast.path().to_owned();
    let sponsor = member_at(&cast.organisations()[0], &MEMBERS[0])?;
    let addresses = own_addresses(&cast.organisations()[0])?;
    let made = sponsor.post("/api/v1/admissions/invitations", &json!({ "addresses": addresses }))?.body;
    let invitation = place.join("dogwood.invitation");
    process::write(&invitation, &base64(&made["invitation"])?)?;
    let application = place.join("dogwood.application");
    let out = application.as_os_str();
    cast.newcomer()?.ask(["join".as_ref(), invitation.as_os_str(), "--yes".as_ref(), "--out".as_ref(), out])?;
    tell("Dogwood Hospice is invited, reads the charter, and applies.");
    let bytes = read(&application)?;
    let applied =
        sponsor.post("/api/v1/admissions", &json!({ "application": data_encoding::BASE64.encode(&bytes) }))?;
    let organisation = text(&applied.body["organisation"]);
    let decision = sponsor.post(&format!("/api/v1/admissions/{organisation}/decision"), &json!({}))?.body;
    let id = text(&decision["id"]);
    for (organisation, member) in cast.organisations().iter().zip(&MEMBERS) {
        wait_for_decision(organisation, &id, 1, interrupt)?;
        take_position(&member_at(organisation, member)?, &id, "consent", "")?;
    }
    cast.start_newcomer(interrupt)?;
    wait_until_all_sign(cast, 4, interrupt)?;
    tell("The three admit it, and its node comes in by itself.");
    let (newcomer, member) = (cast.newcomer()?, &NEWCOMER);
    let ready = || Failure::new("the newcomer's node does not take accounts");
    interrupt
        .wait_for(STEP_MAX, ready, || Ok::<_, Failure>(newcomer.folder().set_up_code_path().exists().then_some(())))?;
    members::set_up(newcomer, member)?;
    give_voice(newcomer, member)?;
    Ok(id)
}

/// The charter is amended by consent: one objects, the objection is integrated, and everyone consents.
fn amend(cast: &Cast, interrupt: &Interrupt, tell: &dyn Fn(&str)) -> Result<String, Failure> {
    let all: Vec<(&Organisation, &DemoMember)> =
        cast.organisations().iter().zip(MEMBERS.iter().chain(std::iter::once(&NEWCOMER))).collect();
    let (alder, ada) = all[0];
    let opener = member_at(alder, ada)?;
    let mut charter = opener.get("/api/v1/charter", &[])?.body["charter"].clone();
    charter["ways_of_working"] = json!("We meet every week.");
    let opened = opener.post(
        "/api/v1/decisions",
        &json!({
            "title": "How often we meet",
            "text": "The charter says from now on that we meet every week.",
            "left_out": "Whoever works shifts; two wards have been asked.",
            "method": { "kind": "consent" },
            "effects": [{ "kind": "charter", "charter": charter }],
        }),
    )?;
    let id = text(&opened.body["id"]);
    for (place, (organisation, member)) in all.iter().enumerate() {
        wait_for_decision(organisation, &id, 1, interrupt)?;
        let (position, reason) =
            if place == 1 { ("objection", "Our people cannot leave their work every week.") } else { ("consent", "") };
        take_position(&member_at(organisation, member)?, &id, position, reason)?;
    }
    let objection = interrupt.wait_for(
        STEP_MAX,
        || Failure::new("the objection does not arrive"),
        || {
            let shown = opener.get(&format!("/api/v1/decisions/{id}"), &[])?.body;
            let positions = shown["positions"].as_array().cloned().unwrap_or_default();
            let found = positions.iter().find(|position| position["stops"] == true);
            Ok::<_, Failure>(found.map(|position| text(&position["change"])))
        },
    )?;
    tell("A charter amendment is proposed; Birch Health Board objects, with a reason.");
    charter["ways_of_working"] = json!("We meet every month, and in between by telephone.");
    let integrated = json!({
        "text": "The charter says from now on that we meet every month, and in between by telephone.",
        "charter": charter,
        "integrates": [objection],
    });
    opener.patch(&format!("/api/v1/decisions/{id}"), &integrated, None)?;
    for (organisation, member) in &all {
        wait_for_decision(organisation, &id, 2, interrupt)?;
        take_position(&member_at(organisation, member)?, &id, "consent", "")?;
    }
    for (organisation, _) in &all {
        let too_late = || Failure::new(format!("the charter of {} does not change", organisation.name()));
        interrupt.wait_for(STEP_MAX, too_late, || {
            let shown = organisation.caller()?.get("/api/v1/charter", &[])?.body;
            let same = shown["charter"]["ways_of_working"] == charter["ways_of_working"];
            Ok::<_, Failure>(same.then_some(()))
        })?;
    }
    tell("The objection is integrated, everyone consents, and the charter of all four says so.");
    Ok(id)
}

/// Waits until all show the same minutes, and gives them.
fn agree_on_minutes(cast: &Cast, interrupt: &Interrupt) -> Result<Vec<Minuted>, Failure> {
    let too_late = || Failure::new("the organisations do not come to hold the same minutes");
    interrupt.wait_for(STEP_MAX, too_late, || {
        let mut all = Vec::new();
        for organisation in cast.organisations() {
            all.push(minutes(&organisation.caller()?)?);
        }
        let same =
            all.windows(2).all(|pair| pair[0] == pair[1]) && all.first().is_some_and(|minutes| !minutes.is_empty());
        Ok::<_, Failure>(if same { all.pop() } else { None })
    })
}

fn minutes(caller: &Caller) -> Result<Vec<Minuted>, Failure> {
    let page = caller.get("/api/v1/minutes", &[("limit", "100")])?.body;
    let mut minutes: Vec<Minuted> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|minute| {
            let said = &minute["word"];
            let about = if said.is_null() {
                format!("a decision: {}", text(&minute["outcome"]["verdict"]))
            } else {
                format!("{}: {}", text(&said["name"]), text(&said["said"]))
            };
            Minuted { height: minute["height"].as_u64().unwrap_or_default(), hash: text(&minute["hash"]), about }
        })
        .collect();
    minutes.reverse();
    Ok(minutes)
}

/// Waits until so many organisations sign minutes, as every running node sees it.
fn wait_until_all_sign(cast: &Cast, count: u64, interrupt: &Interrupt) -> Result<(), Failure> {
    for organisation in cast.organisations().iter().filter(|organisation| organisation.is_running()) {
        let too_late = || Failure::new(format!("{} does not see {count} organisations sign", organisation.name()));
        interrupt.wait_for(STEP_MAX, too_late, || {
            let standing = organisation.caller()?.get("/api/v1/minutes/standing", &[])?.body;
            Ok::<_, Failure>((standing["signing"] == count).then_some(()))
        })?;
    }
    Ok(())
}

/// Waits until a decision has arrived in this version of its terms.
fn wait_for_decision(
    organisation: &Organisation,
    id: &str,
    version: u64,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let too_late = || Failure::new(format!("a decision does not arrive at {}", organisation.name()));
    interrupt.wait_for(STEP_MAX, too_late, || {
        let known = organisation.caller()?.get("/api/v1/decisions", &[])?.body;
        let listed = known["items"].as_array().is_some_and(|items| items.iter().any(|item| item["id"] == id));
        if !listed {
            return Ok::<_, Failure>(None);
        }
        let shown = organisation.caller()?.get(&format!("/api/v1/decisions/{id}"), &[])?.body;
        Ok((shown["version"] == version).then_some(()))
    })
}

/// Gives the organisation's voice to its member, who accepts.
fn give_voice(organisation: &Organisation, member: &DemoMember) -> Result<(), Failure> {
    let caller = member_at(organisation, member)?;
    let person = text(&caller.get("/api/v1/session", &[])?.body["person"]);
    let given = caller.post("/api/v1/mandates", &json!({ "person": person }))?.body;
    let path = format!("/api/v1/mandates/{}", text(&given["id"]));
    caller.patch(&path, &json!({ "accepted": true }), None).map(drop)
}

fn take_position(member: &Caller, id: &str, position: &str, reason: &str) -> Result<(), Failure> {
    let body = json!({ "position": position, "reason": reason });
    member.put(&format!("/api/v1/decisions/{id}/positions/own"), &body).map(drop)
}

/// Asks as a member who is signed in.
fn member_at(organisation: &Organisation, member: &DemoMember) -> Result<Caller, Failure> {
    let caller = organisation.caller()?;
    let body = json!({ "name": member.sign_in_name, "passphrase": PASSPHRASE });
    let token = text(&caller.post("/api/v1/session", &body)?.body["token"]);
    Ok(caller.with_token(&token))
}

/// Where others reach a node, as its own card says.
fn own_addresses(organisation: &Organisation) -> Result<Vec<String>, Failure> {
    let card: Value = serde_json::from_str(&organisation.ask(["card"])?)
        .map_err(|error| Failure::new(format!("a card is none: {error}")))?;
    Ok(card["addresses"].as_array().into_iter().flatten().map(text).collect())
}

fn base64(value: &Value) -> Result<Vec<u8>, Failure> {
    let bytes = data_encoding::BASE64.decode(text(value).as_bytes());
    bytes.map_err(|error| Failure::new(format!("an invitation is not Base64: {error}")))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::io(&error, format_args!("cannot read {}", path.display())))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn expect(holds: bool, what: &str, found: &Value) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(what.to_owned()).detail("found", found.clone())) }
}

/// How long one step may take.
const STEP_MAX: Duration = Duration::from_secs(60);
