//! What the accuracy tests of `stringout compile` share, small and long: what is cut, how, and the
//! judgement of what came out.
//!
//! [`material`] is what is cut, [`cuts`] are cuts as a person types them, [`judge`] compiles them and
//! says what is wrong with the outcome, [`pictures`] compares coded pictures whatever they are wrapped
//! in.

pub mod cuts;
pub mod judge;
pub mod material;
pub mod pictures;
