//! The whole pipeline as a user starts it: `omni dev` on real Apache Kafka and ClickHouse.
//!
//! One `omni dev` serves all tests of this file; each uses companies of its own ([`company::Company`]).

mod backfill;
mod book;
mod circle;
mod company;
mod conversions;
mod data_manager;
mod deliveries;
mod dev;
mod erasure;
mod function;
mod ga4;
mod google;
mod google_ads;
mod hostile;
mod imports;
mod kills;
mod lambda;
mod ledger;
mod own;
mod page;
mod payloads;
mod quarantine;
mod receiver;
mod reconcile;
mod resends;
mod round;
mod runa;
mod stand_in;
mod status;
mod traced;
mod versions;
