//! Pages: what members see and do in a browser, rendered on the node.
//!
//! Every page works without scripts. It asks the node through [`knotwork_commands::NodeHandle`] and has no rule of its
//! own; whoever serves it checks names and origins before. Words stand in `texts/`, the look in `assets/style.css`.

mod agreement;
mod assets;
mod connected;
mod dates;
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
mod needs;
mod notices;
mod once;
mod organisations;
mod people;
mod profile;
mod reset;
mod resource;
mod resource_form;
mod role_requests;
mod roles;
mod routes;
mod settings;
mod sign_in;
mod start;
mod state;
mod texts;
mod visit;
mod watch;

pub use routes::router;
