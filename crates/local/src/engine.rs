//! Runs the ClickHouse engine inside this process until its standard input closes.
//!
//! The only unsafe code of the workspace: the engine is a shared library with a C entry point, loaded from
//! a file whose hash was checked when it was fetched. It takes the whole process (it ends it with `exit`
//! when connections are open at the end, and replaces signal handlers), so it is never called inside
//! anything but `omni engine serve`.
#![allow(
    unsafe_code,
    reason = "a C library is loaded and called; there is no safe way to do either"
)]

use crate::Error;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;

/// Listen; tell the port on standard output, which is also the sign of readiness; then block in reading
/// standard input for as long as the parent holds it open.
const SERVE: &str = "SYSTEM START LISTEN HTTP; \
    SELECT getServerPort('http_port') INTO OUTFILE '/dev/fd/1' APPEND FORMAT TSV; \
    SELECT * FROM file('/dev/fd/0', 'LineAsString', 'line String') \
    SETTINGS storage_file_read_method = 'read', max_threads = 1, log_queries = 0 FORMAT Null";

type Run = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
type ErrorOf = unsafe extern "C" fn(*mut c_void) -> *const c_char;

/// What the engine serves.
#[derive(Debug)]
pub struct Serve<'a> {
    pub library: &'a Path,
    pub data: &'a Path,
    pub config: &'a Path,
    pub log: &'a Path,
    /// 0 lets the system choose.
    pub port: u16,
}

/// Blocks until standard input closes. A port that is taken or data that another engine holds is told on
/// standard error alone and returns `Ok`: the caller judges by the missing port line.
pub fn serve(serve: &Serve<'_>) -> Result<(), Error> {
    let arguments = arguments(serve)?;
    let mut pointers: Vec<*mut c_char> = arguments
        .iter()
        .map(|argument| argument.as_ptr().cast_mut())
        .collect();
    let count = pointers.len() as c_int;
    pointers.push(std::ptr::null_mut());
    let failed = |detail: String| Error::Failed {
        what: "the ClickHouse engine".into(),
        detail,
    };

    // SAFETY: the file is the library we fetched and verified; its initialisers are those of the ClickHouse
    // binary. It stays loaded until the process ends.
    let library =
        unsafe { libloading::Library::new(serve.library) }.map_err(|error| failed(error.to_string()))?;
    // SAFETY: name and type are those of the library's public header, chdb.h.
    let run = unsafe { library.get::<Run>(b"chdb_query_cmdline\0") };
    let run = run.map_err(|error| failed(error.to_string()))?;
    // SAFETY: as above.
    let error_of = unsafe { library.get::<ErrorOf>(b"chdb_result_error\0") };
    let error_of = error_of.map_err(|error| failed(error.to_string()))?;

    // SAFETY: argv is an array of `count` valid C strings and a null pointer; strings and array outlive the
    // call, and the engine does not write through them.
    let result = unsafe { run(count, pointers.as_mut_ptr()) };
    if result.is_null() {
        return Ok(());
    }
    // SAFETY: `result` came from the call above and was not destroyed.
    let text = unsafe { error_of(result) };
    if text.is_null() {
        return Ok(());
    }
    // SAFETY: a non-null error is a C string that lives as long as its result.
    let text = unsafe { CStr::from_ptr(text) };
    Err(failed(text.to_string_lossy().into_owned()))
}

fn arguments(serve: &Serve<'_>) -> Result<Vec<CString>, Error> {
    [
        "clickhouse".to_owned(),
        format!("--path={}", serve.data.display()),
        format!("--http_port={}", serve.port),
        "--listen_host=127.0.0.1".to_owned(),
        format!("--config-file={}", serve.config.display()),
        format!("--logger.log={}", serve.log.display()),
        "--log-level=warning".to_owned(),
        "--query".to_owned(),
        SERVE.to_owned(),
    ]
    .into_iter()
    .map(|argument| {
        CString::new(argument).map_err(|_| Error::Failed {
            what: "the ClickHouse engine".into(),
            detail: "a path holds a zero byte".into(),
        })
    })
    .collect()
}
