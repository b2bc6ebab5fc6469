//! The broker's jars: what Maven resolves for a pinned version, kept in the per-user cache.

use crate::tool::MAVEN;
use crate::{Cache, Error};
use std::path::{Path, PathBuf};

/// The version of Apache Kafka that runs on a developer's machine and in the tests.
pub const VERSION: &str = "4.3.1";
const CACHE_NAME: &str = "kafka";
const TOOLS_CACHE_NAME: &str = "kafka-tools";

/// Whether [`fetch`] has nothing to download.
pub fn are_fetched(cache: &Cache) -> bool {
    cache.path(CACHE_NAME, VERSION).is_dir()
}

/// The directory with the jars; about 44 MB are downloaded the first time.
pub fn fetch(cache: &Cache) -> Result<PathBuf, Error> {
    cache.entry(CACHE_NAME, VERSION, fill)
}

/// The directory with the jars of Kafka's own command line tools, for the tests; about 20 MB are downloaded the first time.
pub fn fetch_tools(cache: &Cache) -> Result<PathBuf, Error> {
    cache.entry(TOOLS_CACHE_NAME, VERSION, |directory| {
        resolve("kafka-tools", directory)
    })
}

fn fill(directory: &Path) -> Result<(), Error> {
    resolve("kafka_2.13", directory)
}

fn resolve(artifact: &str, directory: &Path) -> Result<(), Error> {
    let work = tempfile::tempdir().map_err(Error::io("could not create a temporary directory"))?;
    let pom = work.path().join("pom.xml");
    std::fs::write(&pom, project(artifact))
        .map_err(Error::io(format!("could not write {}", pom.display())))?;
    MAVEN.run(
        [
            "-B",
            "-q",
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            &format!("-DoutputDirectory={}", directory.display()),
        ],
        work.path(),
    )
}

fn project(artifact: &str) -> String {
    format!(
        r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>omni</groupId>
  <artifactId>kafka-on-this-machine</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>{artifact}</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"#
    )
}
