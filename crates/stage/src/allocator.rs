//! The allocator of every program: events are many small, short-lived pieces, made on one thread and often dropped on
//! another, which glibc's allocator answers with up to a third of an enricher's CPU and with memory it keeps.
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
