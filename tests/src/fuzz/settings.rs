//! Target: files that people write: `config.toml`, and tables of placements.

use std::fs;

use tempfile::TempDir;
use workstation::Config;

use super::mutate::{self, random::Random};

const CONFIGS: [&str; 3] = [
    "[play]\nbase_url = \"https://go.example\"\nlisten = \"127.0.0.1:8787\"\npublisher = \"Eva\"\n",
    "[s3.main]\nendpoint = \"https://s3.example\"\nbucket = \"b\"\nregion = 'eu-1'\nbandwidth = 5_000_000\n\
     default = true\n[tams.studio]\nurl = \"https://tams.example/api\"\nauth = \"login\"\nuser = \"eva\"\n\
     store = \"main\"\n",
    "[tams.a]\nurl = \"http://h:8010\"\nallow_plain_http = true\nprefer = [\"fast\", \"x\"]\n\
     rewrite = { \"old:9000\" = \"https://new.example\" }\n[other]\nkept = [1, 2.5, 1979-05-27T07:32:00Z]\n",
];

const CONFIG_WORDS: [&str; 20] = [
    "[", "]", "[[", "=", "\"", "'", "\"\"\"", "\n", ".", "{", "}", ",", "#", "true", "inf", "0x",
    "tams.a", "s3.b", "token", "\\u",
];

const TABLES: [&str; 4] = [
    "compilation_id,placement,title,copies,expires\n4f79cfd1,Berlin,Poster,2,2027-01-01\n",
    "placement,compilation_id\r\n\"Hall, left\",abc\r\n\"a \"\"b\"\" c\",abc\r\n",
    "\u{feff}compilation_id,placement\nabc,x\n\n,\nabc,y\n",
    "compilation_id;placement\nabc;x\n",
];

const TABLE_WORDS: [&str; 12] = [
    ",",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    "\r",
    ";",
    "\t",
    "copies",
    "placement",
    "compilation_id",
    "4294967296",
];

/// A text that may be a configuration.
pub fn config(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &CONFIGS, &CONFIG_WORDS)
}

/// A text that may be a table of placements.
pub fn table(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &TABLES, &TABLE_WORDS)
}

/// Reads configurations from a folder of its own.
pub struct Reader(TempDir);

impl Reader {
    /// With an empty folder.
    pub fn start() -> Self {
        Self(tempfile::tempdir().expect("a folder for a file"))
    }

    /// Reads `data` as a configuration; true when it is one.
    ///
    /// # Panics
    /// When it is not saved as it was read.
    pub fn run(&mut self, data: &[u8]) -> bool {
        let folder = self.0.path();
        fs::write(folder.join("config.toml"), data).expect("the folder can be written");
        let config = match Config::load(folder) {
            Ok(config) => config,
            Err(wrong) => {
                assert!(!wrong.to_string().is_empty());
                return false;
            }
        };
        config.save(folder).expect("what was read can be saved");
        let again = Config::load(folder).expect("it was just saved");
        // A table may hold a number that is none, which is like no other.
        assert_eq!(format!("{again:?}"), format!("{config:?}"));
        true
    }
}

/// Reads `data` as a table of placements; true when it is one.
///
/// # Panics
/// When a row says nothing, or lines don't go up.
pub fn read_table(data: &[u8]) -> bool {
    let rows = match sheets::read_table(data) {
        Ok(rows) => rows,
        Err(wrong) => {
            assert!(!wrong.to_string().is_empty());
            return false;
        }
    };
    assert!(rows.iter().all(|row| !row.compilation_id.is_empty()));
    assert!(rows.windows(2).all(|pair| pair[0].line < pair[1].line));
    true
}
