//! The command line from end to end: each command as a user starts it, its output, its files and its exit
//! code.

mod bad_input;
mod command;
mod cormab;
mod demonstrations;
mod environments;
mod going_on;
mod killed;
mod physics;
mod real_actions;
mod rollout;
mod study;
mod train;
mod train_continuous;
mod train_team;
