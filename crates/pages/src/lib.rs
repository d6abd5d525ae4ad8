//! Pages: what members see and do in a browser, rendered on the node.
//!
//! Every page works without scripts. It asks the node through [`knotwork_commands::NodeHandle`] and has no rule of its
//! own; whoever serves it checks names and origins before. Words stand in `texts/`, the look in `assets/style.css`.

mod admissions;
mod agreement;
mod answers;
mod assets;
mod charter;
mod charter_form;
mod charter_questions;
mod closing;
mod connected;
mod dates;
mod decision;
mod decision_form;
mod decision_settings;
mod decisions;
mod errors;
mod form;
mod help;
mod history;
mod join;
mod layout;
mod leaving;
mod library;
mod limits;
mod markdown;
mod methods;
mod minutes;
mod multipart;
mod needs;
mod next_steps;
mod notices;
mod once;
mod organisations;
mod parting;
mod people;
mod position_form;
mod positions;
mod profile;
mod proof;
mod proposal;
mod ranking_form;
mod reconvening;
mod remarks;
mod reset;
mod resource;
mod resource_form;
mod role_requests;
mod roles;
mod routes;
mod settings;
mod sign_in;
mod stage_form;
mod standing;
mod start;
mod state;
mod tallies;
mod terms_form;
mod terms_versions;
mod texts;
mod visit;
mod voice;
mod watch;

pub use routes::router;
