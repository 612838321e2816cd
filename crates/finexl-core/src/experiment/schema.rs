//! The JSON schema of experiment files, made from the types that read them.
//!
//! Keys, types, defaults and descriptions come from the structs, names from [`crate::names`], and what a number may be
//! from [`super::ranges`]: there is no second place that could say otherwise.

use super::ranges::Allowed;
use super::{Experiment, KINDS};
use crate::sweep::SweepTable;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// Where the definitions of tables stand.
const DEFINITIONS: &str = "#/$defs/";

/// The schema of every file that `finexl run` and `finexl sweep` read.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(build)
}

fn build() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let experiment = Experiment::json_schema(&mut generator);
    let mut kinds = Map::new();
    let variants = experiment.as_value()["oneOf"].as_array();
    for variant in variants.into_iter().flatten() {
        if let Some(properties) = variant["properties"].as_object() {
            kinds.extend(properties.clone());
        }
    }
    let sweep = generator.subschema_for::<SweepTable>();
    kinds.insert("sweep".to_string(), sweep.to_value());
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An experiment of finexl",
        "description": "One file is one run: its only table says which kind it is. A sweep may have its template as a second one.",
        "type": "object",
        "properties": kinds,
        "additionalProperties": false,
        "minProperties": 1,
        "$defs": definitions(generator),
    });
    tidy(&mut root);
    root
}

fn definitions(mut generator: SchemaGenerator) -> Value {
    let all = generator.take_definitions(true);
    Value::Object(all.into_iter().collect())
}

/// Bounds numbers by their keys and takes out what TOML does not have.
fn tidy(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            // Sizes of machine words, which say nothing to a person.
            fields.remove("format");
            without_null(fields);
            if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                for (key, of_key) in properties.iter_mut() {
                    if let Some(allowed) = Allowed::of(key) {
                        bound(of_key, allowed);
                    }
                }
            }
            for value in fields.values_mut() {
                tidy(value);
            }
        }
        _ => {}
    }
}

/// What may be left out is left out in TOML; there is no null.
fn without_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            fields.insert("type".to_string(), only);
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| choice != &json!({ "type": "null" }));
        if let [Value::Object(only)] = &choices[..] {
            let only = only.clone();
            fields.remove("anyOf");
            for (key, value) in only {
                fields.entry(key).or_insert(value);
            }
        }
    }
}

fn bound(node: &mut Value, allowed: Allowed) {
    let Value::Object(fields) = node else { return };
    let is = |kind: &str| match fields.get("type") {
        Some(Value::Array(types)) => types.iter().any(|one| one == kind),
        Some(one) => one == kind,
        None => false,
    };
    if is("integer") || is("number") {
        fields.remove("format");
        fields.remove("minimum");
        fields.extend(allowed.bounds());
    } else if is("array")
        && let Some(items) = fields.get_mut("items")
    {
        bound(items, allowed);
    }
}

/// A table's schema behind its reference.
pub(crate) fn resolved(node: &'static Value) -> &'static Value {
    let mut node = node;
    while let Some(name) = node["$ref"].as_str() {
        let name = name.strip_prefix(DEFINITIONS).unwrap_or(name);
        node = &schema()["$defs"][name];
    }
    node
}

/// The schema of the table of a kind.
pub(crate) fn of_kind(kind: &str) -> Option<&'static Value> {
    KINDS
        .contains(&kind)
        .then(|| resolved(&schema()["properties"][kind]))
}

/// The alternatives of a schema, itself where there are none.
pub(crate) fn alternatives(node: &'static Value) -> Vec<&'static Value> {
    let node = resolved(node);
    let mut all = Vec::new();
    for key in ["oneOf", "anyOf"] {
        for choice in node[key].as_array().into_iter().flatten() {
            all.extend(alternatives(choice));
        }
    }
    if all.is_empty() || node["properties"].is_object() {
        all.push(node);
    }
    all
}
