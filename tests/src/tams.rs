//! The JSON schemas of TAMS 8.2, for checking what the program says.

use std::fs;

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::folders;

/// Relative `$ref`s between the schemas resolve against this; nothing is fetched.
const BASE: &str = "https://tams.invalid/schemas/";

/// One schema, ready to check with.
#[derive(Debug)]
pub struct Schema {
    name: String,
    validator: Validator,
}

impl Schema {
    /// The schema of this name, `flow-segment` for example.
    ///
    /// # Panics
    /// When the repository has none of that name, or it is broken.
    pub fn named(name: &str) -> Self {
        let folder = folders::repository().join("assets/tams-8.2/schemas");
        let files = fs::read_dir(&folder).expect("the schemas are in the repository");
        let mut resources = Vec::new();
        for file in files {
            let path = file.expect("the folder can be read").path();
            let text = fs::read_to_string(&path).expect("a schema");
            let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
            let stem = path.file_stem().expect("it has a name").to_string_lossy();
            resources.push((format!("{BASE}{stem}.json"), schema));
        }
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .extend(resources)
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("the schemas refer to one another only");
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&registry)
            .offline()
            .build(&json!({ "$ref": format!("{BASE}{name}.json") }))
            .unwrap_or_else(|error| panic!("schema {name}: {error}"));
        Self {
            name: name.to_owned(),
            validator,
        }
    }

    /// Whether a value follows the schema.
    pub fn allows(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Expects a value to follow the schema.
    ///
    /// # Panics
    /// When it doesn't, with every place that is wrong.
    #[track_caller]
    pub fn assert_valid(&self, value: &Value) {
        let wrong: Vec<String> = self
            .validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(
            wrong.is_empty(),
            "not a {} of TAMS 8.2:\n  {}\n{value:#}",
            self.name,
            wrong.join("\n  ")
        );
    }

    /// Expects a list of at least one value, each of which follows the schema.
    ///
    /// # Panics
    /// When it is no list, an empty one, or a value is wrong.
    #[track_caller]
    pub fn assert_all_valid(&self, list: &Value) {
        let values = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
        assert!(!values.is_empty(), "no {} at all", self.name);
        for value in values {
            self.assert_valid(value);
        }
    }
}
