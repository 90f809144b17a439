//! `radgauge study`: run as a user runs it, killed, resumed and sharded; and its statistics on designs whose answers are
//! known.

#[path = "../common/mod.rs"]
mod common;

mod implementations;
mod planted;
mod processes;
