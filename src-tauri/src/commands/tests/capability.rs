//! What the page may do is exactly what we mean it to.

use super::super::{AT_ONCE, in_turn};
use std::collections::BTreeMap;
use std::path::Path;
use tauri::test::MockRuntime;
use tauri::utils::acl::capability::Capability;
use tauri::utils::acl::manifest::Manifest;
use tauri::utils::acl::resolved::Resolved;
use tauri::utils::platform::Target;

/// What the build resolved `capabilities/` and our commands to.
fn resolved() -> Resolved {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("gen/schemas")
            .join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let manifests: BTreeMap<String, Manifest> =
        serde_json::from_str(&read("acl-manifests.json")).unwrap();
    let capabilities: BTreeMap<String, Capability> =
        serde_json::from_str(&read("capabilities.json")).unwrap();
    Resolved::resolve(&manifests, capabilities, Target::current()).unwrap()
}

/// Names of all commands that are answered.
fn answered() -> impl Iterator<Item = &'static str> {
    AT_ONCE.iter().chain(in_turn::NAMES).copied()
}

fn sorted(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_command_of_the_page_is_answered_and_no_other() {
    let mut promised = ipc::command_names();
    promised.push("frame_pull");
    assert_eq!(sorted(answered()), sorted(promised));
}

#[test]
fn the_page_may_call_our_commands_and_hear_events_and_nothing_else() {
    let resolved = resolved();
    assert!(resolved.has_app_acl);
    assert!(resolved.denied_commands.is_empty());
    let events = ["plugin:event|listen", "plugin:event|unlisten"];
    assert_eq!(
        sorted(resolved.allowed_commands.keys().map(String::as_str)),
        sorted(answered().chain(events))
    );
}

/// What the page of a monitor's window may call as well: nothing that changes what is kept.
const MONITOR: [&str; 6] = [
    "plugin:event|listen",
    "plugin:event|unlisten",
    "desk_view",
    "monitor_transport",
    "monitor_window",
    "frame_pull",
];

#[test]
fn only_our_own_pages_may_and_those_of_monitors_no_more_than_they_need() {
    let resolved = resolved();
    for (name, grants) in &resolved.allowed_commands {
        for grant in grants {
            let windows: Vec<&str> = grant.windows.iter().map(|label| label.as_str()).collect();
            if !MONITOR.contains(&name.as_str()) {
                assert_eq!(windows, ["main"], "{name}");
            }
            let ours = ["main", "monitor-source", "monitor-record"];
            assert!(windows.iter().all(|label| ours.contains(label)), "{name}");
            assert!(grant.webviews.is_empty(), "{name}");
            assert_eq!(grant.scope_id, None, "{name}");
            let context = format!("{:?}", grant.context);
            assert_eq!(context, "Local", "{name}");
        }
    }
    assert!(resolved.command_scope.is_empty());
    assert!(
        resolved
            .global_scope
            .values()
            .all(|scope| scope.allow.is_empty())
    );
}

#[test]
fn the_policy_of_the_page_is_strict() {
    let context = crate::start::context::<MockRuntime>();
    let app = &context.config().app;
    assert!(app.security.freeze_prototype);
    assert!(!app.with_global_tauri);
    assert!(!app.security.asset_protocol.enable);
    assert!(app.windows.is_empty(), "windows are made in code, locked");
    let policy = serde_json::to_value(&app.security.csp).unwrap();
    let expected = serde_json::json!({
        "base-uri": "'none'",
        "connect-src": "ipc: http://ipc.localhost ws://127.0.0.1:* http://127.0.0.1:*",
        "default-src": "'none'",
        "font-src": "'self'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "frame-src": "'none'",
        "img-src": "'self' data: blob: http://127.0.0.1:*",
        "object-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "worker-src": "'self'",
    });
    assert_eq!(policy, expected);
}
