//! Signing in with what the environment says: every way, the wrong secret, and where a secret goes.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tests::tams_server::{Auth, Dialect, Fault, Options, Requests};

use crate::material::{Material, text};
use crate::studio::{Studio, assert_failure, clip, files};

const SECRET: &str = "pineapple-4711";

/// A way to sign in.
struct Way {
    dialect: Dialect,
    auth: Auth,
    /// Settings of the connection; `TOKEN_URL` stands for where tokens are had.
    settings: &'static str,
    variable: &'static str,
}

fn ways() -> Vec<Way> {
    let (user, password) = ("eva".to_owned(), SECRET.to_owned());
    vec![
        Way {
            dialect: Dialect::Tamoss82,
            auth: Auth::Basic {
                user: user.clone(),
                password: password.clone(),
            },
            settings: "auth = \"basic\"\nuser = \"eva\"",
            variable: "STRINGOUT_TAMS_STUDIO_PASSWORD",
        },
        Way {
            dialect: Dialect::Vasttams8,
            auth: Auth::Login {
                username: user,
                password: password.clone(),
                role: "editor",
            },
            settings: "auth = \"login\"\nuser = \"eva\"",
            variable: "STRINGOUT_TAMS_STUDIO_PASSWORD",
        },
        Way {
            dialect: Dialect::Eyevinn,
            auth: Auth::Bearer(password.clone()),
            settings: "auth = \"bearer\"",
            variable: "STRINGOUT_TAMS_STUDIO_TOKEN",
        },
        Way {
            dialect: Dialect::Tamoss82,
            auth: Auth::UrlToken(password.clone()),
            settings: "auth = \"access-token\"",
            variable: "STRINGOUT_TAMS_STUDIO_TOKEN",
        },
        Way {
            dialect: Dialect::Aws81,
            auth: Auth::ClientCredentials {
                id: "workstation".to_owned(),
                secret: password,
            },
            settings: "auth = \"client-credentials\"\nclient_id = \"workstation\"\n\
                       token_url = \"TOKEN_URL\"",
            variable: "STRINGOUT_TAMS_STUDIO_CLIENT_SECRET",
        },
    ]
}

impl Way {
    /// A server with this way in, and a workspace that knows `secret`.
    fn studio(&self, secret: Option<&str>) -> Studio {
        let options = Options {
            auth: vec![self.auth.clone()],
            tls: false,
        };
        // Where tokens are had is known only when the server is there.
        let mut studio = Studio::with(self.dialect, options, "default = true");
        studio.objects = Material::shared().load(self.dialect, &studio.server);
        let settings = self
            .settings
            .replace("TOKEN_URL", &studio.server.token_url());
        let file = studio.place.workspace().join("config.toml");
        let config = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{config}{settings}\n")).unwrap();
        if let Some(secret) = secret {
            studio.place = studio.place.knowing(self.variable, secret);
        }
        studio.place = studio.place.knowing("STRINGOUT_LOG", "trace");
        studio
    }
}

/// Lists, cuts and publishes; then looks for the secret in everything that was said or kept.
#[test]
fn a_secret_signs_in_and_is_nowhere_else() {
    for way in ways() {
        let studio = way.studio(Some(SECRET));
        let stringout = &studio.place.stringout;
        let file = Material::shared().file.display().to_string();
        let flow = format!("studio/{}", Material::shared().flow);
        let compile = studio.place.compile_args(&clip("2s..3s"), "a.mp4");
        let runs: Vec<Vec<String>> = vec![
            vec!["sources".to_owned()],
            vec!["segments".to_owned(), flow],
            compile,
            vec!["publish".to_owned(), file, "--wait".to_owned()],
            vec!["doctor".to_owned(), "--json".to_owned()],
            vec!["outbox".to_owned()],
            vec!["config".to_owned(), "show".to_owned()],
        ];
        let mut said = String::new();
        for run in runs {
            let answer = stringout.run(&run);
            answer.expect_code(0);
            said += &answer.to_string();
        }
        // Tokens are made of parts whose first one never changes.
        let token_head = "eyJhbGciOiJIUzI1NiI";
        let basic = base64_of(&format!("eva:{SECRET}"));
        let client = base64_of(&format!("workstation:{SECRET}"));
        let all = [
            SECRET,
            token_head,
            &basic,
            &client,
            "X-Amz-Signature=",
            "access_token=",
        ];
        for secret in all {
            assert!(
                !said.contains(secret),
                "{}: {secret} was said",
                way.settings
            );
        }
        for file in files(&studio.place.workspace()) {
            // All of these are ASCII, which stays as it is among whatever else is in a file.
            let bytes = fs::read(&file).unwrap();
            let kept = String::from_utf8_lossy(&bytes);
            let found = all.iter().find(|secret| kept.contains(**secret));
            assert_eq!(found, None, "{}: {}", way.settings, file.display());
        }
        studio.server.assert_no_credential_at_media();
    }
}

fn base64_of(text: &str) -> String {
    STANDARD.encode(text)
}

#[test]
fn a_wrong_secret_and_a_missing_one_say_where_it_belongs() {
    for way in ways() {
        for secret in [Some("wrong-0815"), None] {
            let studio = way.studio(secret);
            let place = &studio.place;
            let runs = [
                place.compile_args(&clip("2s..3s"), "none.mp4"),
                ["sources", "--from", "studio", "--json"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            for run in runs {
                let answer = place.stringout.run(&run);
                let error = assert_failure(&answer, 1, "credentials_refused", &[]);
                let hint = text(&error["hint"]);
                assert!(
                    hint.contains("config login tams.studio") && hint.contains(way.variable),
                    "{answer}"
                );
                let said = answer.to_string();
                assert!(!said.contains("wrong-0815"), "{said}");
            }
            assert_eq!(studio.fetches(), 0);
        }
    }
}

/// A token that the server forgot is had anew, without anybody noticing.
#[test]
fn a_session_that_ends_between_two_pages_is_renewed() {
    let way = &ways()[1];
    let studio = way.studio(Some(SECRET));
    studio.server.inject(
        Requests::to_api().holding("/segments"),
        1..=1,
        Fault::Answer {
            status: 401,
            body: "{\"detail\":\"Not authenticated\"}",
        },
    );
    studio
        .place
        .compile_exactly(&clip("2s..3s"), "a.mp4", (60, 90));
    let logins = Requests::to_api().of("POST").holding("/auth/login");
    assert_eq!(studio.server.count(&logins), 2);
}
