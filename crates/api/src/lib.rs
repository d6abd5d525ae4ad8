//! The HTTP API: JSON over axum for machines and the command line.
//!
//! It asks the node through [`knotwork_commands::NodeHandle`] and through nothing else: it knows no store, no mesh and
//! no rule of its own beyond those of HTTP. Bodies have types of their own here, so that what is kept and what is shown
//! can change apart. The routes stand in one table, `routes.rs`; the description of them all is [`openapi()`].

mod admissions;
mod bodies;
mod charter;
mod comments;
mod config;
mod cursor;
mod decisions;
mod delegations;
mod drafts;
mod entity_tag;
mod events;
mod export;
mod guard;
mod health;
mod history;
mod hosted;
mod households;
mod idempotency;
mod import;
mod invitations;
mod json;
mod limits;
mod mandates;
mod members;
mod metrics;
mod minutes;
mod node;
mod openapi;
mod organisations;
mod own_nodes;
mod path;
mod positions;
mod problem;
mod query;
mod reconvenings;
mod reminders;
mod resets;
mod resources;
mod rfc3339;
mod role_requests;
mod roles;
mod routes;
mod rows;
mod serve;
mod session;
mod state;
mod temperatures;
mod tokens;
mod unneeded;
mod words;

pub use charter::charter_as_json;
pub use config::ApiConfig;
pub use households::with_hosted;
pub use metrics::{Measurement, MeasurementKind};
pub use openapi::openapi;
pub use rfc3339::to_rfc3339;
pub use routes::router;
pub use serve::serve;
