//! The numbers of 200,000 sessions, from events on this computer and from a table in Hydrolix.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]
#![allow(dead_code, reason = "of what every day's tests need, this needs less")]

#[path = "../tests/hydrolix/agreement.rs"]
mod agreement;
#[path = "../tests/hydrolix/crowd.rs"]
mod crowd;
#[path = "../tests/hydrolix/field.rs"]
mod field;
#[path = "../tests/hydrolix/second.rs"]
mod second;

#[test]
fn two_hundred_thousand_sessions() {
    agreement::agree(field::Field::new(), 2_000, 200_000);
}
