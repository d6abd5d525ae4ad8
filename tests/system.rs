//! Tests with real processes: several nodes on this machine, as the people who run them would, and worse.

mod absence;
mod admitting;
mod api_roles;
mod backups;
mod crashes;
mod deciding;
mod deciding_verbs;
mod demo;
mod full_disk;
mod hostile;
mod hosting;
mod http;
mod imports;
mod leaving;
mod lying;
mod pages;
mod proposing;
mod reconvening;
mod reminders;
mod removing;
mod roles;
mod sharing;
mod silence;
mod strangers;
mod transcripts;
mod verbs;
