//! The test servers and the readers of codes, proved before other tests rely on them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::fault_proxy::{Fault, FaultProxy, Requests};
use tests::s3::Bucket;
use tests::seaweed::SeaweedFs;
use tests::server_process::ServerProcess;
use tests::stringout::Stringout;
use tests::{chromium, folders, qr, tool};

const LIMIT: Duration = Duration::from_secs(30);

fn proxied() -> (FaultProxy, Bucket) {
    let server = SeaweedFs::shared();
    let proxy = FaultProxy::start(&server.endpoint);
    let bucket = server.bucket_at(&proxy.address);
    (proxy, bucket)
}

#[test]
fn the_s3_server_keeps_objects_and_checks_signatures() {
    let bucket = SeaweedFs::shared().bucket();
    let body: Vec<u8> = (0..300_000u32).flat_map(|n| n.to_le_bytes()).collect();
    bucket.put("kept/a b+c.bin", &body);
    assert_eq!(bucket.get("kept/a b+c.bin").unwrap(), body);
    assert_eq!(bucket.list("kept/"), ["kept/a b+c.bin"]);
    let head = bucket.head("kept/a b+c.bin").unwrap();
    assert_eq!(head.field("content-length"), Some("1200000"));
    assert!(bucket.get("kept/none").is_none());

    let stranger = Bucket {
        secret_key: "another".to_owned(),
        ..bucket
    };
    assert_eq!(
        stranger.ask("GET", "kept/a b+c.bin", &[], &[], b"").status,
        403
    );
}

#[test]
fn the_s3_server_keeps_an_upload_over_a_crash() {
    let mut server = SeaweedFs::start();
    let bucket = server.bucket();
    let started = bucket.ask("POST", "film.mp4", &[("uploads", "")], &[], b"");
    let id = started.elements("UploadId").remove(0);
    let part = vec![7u8; 5 << 20];
    let query = [("partNumber", "1"), ("uploadId", id.as_str())];
    let etag = bucket
        .ask("PUT", "film.mp4", &query, &[], &part)
        .field("etag")
        .unwrap()
        .to_owned();
    server.crash();
    assert!(bucket.try_ask("GET", "film.mp4", &[], &[], b"").is_err());
    server.restart();
    assert_eq!(bucket.uploads(), [("film.mp4".to_owned(), id.clone())]);
    let order = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let done = bucket.ask(
        "POST",
        "film.mp4",
        &[("uploadId", &id)],
        &[],
        order.as_bytes(),
    );
    assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(bucket.get("film.mp4").unwrap(), part);
}

#[test]
fn a_proxy_without_faults_changes_nothing_and_counts() {
    let (proxy, bucket) = proxied();
    let body = vec![42u8; 100_000];
    bucket.put("plain", &body);
    assert_eq!(bucket.get("plain").unwrap(), body);
    assert_eq!(proxy.count(&Requests::of("PUT").holding("/plain")), 1);
    assert_eq!(proxy.count(&Requests::any().lacking("/plain")), 0);
    assert_eq!(proxy.sent(&Requests::of("PUT")), 100_000);
    let seen = &proxy.seen()[1];
    assert_eq!((seen.method.as_str(), seen.status), ("GET", Some(200)));
    assert!(
        seen.head.contains("authorization: AWS4-HMAC-SHA256"),
        "{}",
        seen.head
    );
}

#[test]
fn a_cut_request_does_not_arrive() {
    let (proxy, bucket) = proxied();
    proxy.inject(
        Requests::of("PUT"),
        1..=1,
        Fault::CutRequest { after: 50_000 },
    );
    proxy.inject(Requests::of("PUT"), 2..=2, Fault::CutRequest { after: 0 });
    let body = vec![1u8; 100_000];
    assert!(bucket.try_ask("PUT", "cut", &[], &[], &body).is_err());
    assert_eq!(proxy.sent(&Requests::any()), 50_000);
    assert!(bucket.try_ask("PUT", "cut", &[], &[], &body).is_err());
    assert_eq!(proxy.sent(&Requests::any()), 50_000);
    assert!(bucket.get("cut").is_none());
    bucket.put("cut", &body);
    assert_eq!(bucket.get("cut").unwrap(), body);
}

#[test]
fn a_swallowed_answer_leaves_the_work_done() {
    let (proxy, bucket) = proxied();
    proxy.inject(
        Requests::of("PUT").holding("/swallowed"),
        1..=1,
        Fault::SwallowAnswer,
    );
    assert!(
        bucket
            .try_ask("PUT", "swallowed", &[], &[], b"done")
            .is_err()
    );
    assert_eq!(bucket.get("swallowed").unwrap(), b"done");
    assert_eq!(proxy.seen()[0].status, Some(200));
    assert_eq!(proxy.seen()[0].fault, Some(Fault::SwallowAnswer));
}

#[test]
fn an_answer_can_be_cut_short() {
    let (proxy, bucket) = proxied();
    bucket.put("long", &vec![5u8; 200_000]);
    proxy.inject(
        Requests::of("GET"),
        1..=1,
        Fault::CutAnswer { after: 70_000 },
    );
    let error = bucket.try_ask("GET", "long", &[], &[], b"").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(bucket.get("long").unwrap().len(), 200_000);
}

#[test]
fn the_proxy_answers_in_the_servers_stead() {
    let (proxy, bucket) = proxied();
    proxy.inject(Requests::of("PUT"), 2..=3, Fault::slow_down());
    let codes: Vec<u16> = (0..4)
        .map(|_| bucket.ask("PUT", "slow", &[], &[], b"body").status)
        .collect();
    assert_eq!(codes, [200, 503, 503, 200]);
    proxy.inject(Requests::any(), .., Fault::slow_down());
    let answer = bucket.ask("GET", "slow", &[], &[], b"");
    assert_eq!(
        (answer.status, answer.elements("Code")),
        (503, vec!["SlowDown".to_owned()])
    );
    proxy.heal();
    assert_eq!(bucket.get("slow").unwrap(), b"body");
}

#[test]
fn held_requests_wait_until_they_are_let_go() {
    let (proxy, bucket) = proxied();
    let held = proxy.hold(Requests::of("PUT").holding("/held"), ..);
    std::thread::scope(|scope| {
        let put = scope.spawn(|| bucket.put("held", b"late"));
        held.wait_until_reached(LIMIT);
        assert!(bucket.get("held").is_none());
        assert!(!put.is_finished());
        held.release();
        put.join().unwrap();
    });
    assert_eq!(bucket.get("held").unwrap(), b"late");
}

#[test]
fn without_a_network_nothing_passes_and_what_is_open_is_cut() {
    let (proxy, bucket) = proxied();
    bucket.put("online", b"1");
    let held = proxy.hold(Requests::of("GET"), ..);
    std::thread::scope(|scope| {
        let get = scope.spawn(|| bucket.try_ask("GET", "online", &[], &[], b"").is_err());
        held.wait_until_reached(LIMIT);
        proxy.go_offline();
        assert!(get.join().unwrap(), "an open request survived");
    });
    held.release();
    assert!(bucket.try_ask("GET", "online", &[], &[], b"").is_err());
    proxy.go_online();
    assert_eq!(bucket.get("online").unwrap(), b"1");
    proxy.wait_for(&Requests::of("GET"), 2, LIMIT);
}

#[test]
fn a_server_ends_with_its_owner_even_when_that_is_killed() {
    if std::env::var_os("OWNS_A_SERVER").is_some() {
        own_a_server();
    }
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_server_ends_with_its_owner_even_when_that_is_killed",
            "--nocapture",
        ])
        .env("OWNS_A_SERVER", &files)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(owner.stdout.take().unwrap());
    let id: u32 = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("server ")?.parse().ok())
        .expect("the owner says which server it has");
    assert!(files.is_dir() && runs(id));
    owner.kill().unwrap();
    owner.wait().unwrap();
    let deadline = std::time::Instant::now() + LIMIT;
    while runs(id) || files.exists() {
        assert!(
            std::time::Instant::now() < deadline,
            "the server outlived its owner"
        );
        std::thread::yield_now();
    }
}

/// Never returns: the process that runs this is killed.
fn own_a_server() -> ! {
    let files = Path::new(&std::env::var_os("OWNS_A_SERVER").unwrap()).to_path_buf();
    fs::create_dir(&files).unwrap();
    let server = ServerProcess::spawn(Command::new("sleep").arg("1000"), &[files]);
    println!("\nserver {}", server.id());
    loop {
        std::thread::park();
    }
}

fn runs(id: u32) -> bool {
    let state = tool::output(&mut tool::tool(
        "ps",
        ["-o", "stat=", "-p", &id.to_string()],
    ))
    .stdout;
    !state.is_empty() && state[0] != b'Z'
}

/// The runner, with a shell in the program's place.
fn shell() -> Stringout {
    Stringout::new()
        .with_program(Path::new("/bin/sh"))
        .with("GREETING", "hello")
}

#[test]
fn a_run_answers_with_everything_it_gave() {
    let answer = shell().run(["-c", "echo '{\"a\": [1]}'; echo $GREETING >&2; exit 3"]);
    answer.expect_code(3);
    assert_eq!(answer.document()["a"][0], 1);
    assert_eq!(answer.stderr, "hello\n");
    let failed = shell().run(["-c", "echo '{\"error\": {\"code\": \"x\"}}'; exit 3"]);
    assert_eq!(failed.error(3)["code"], "x");
    let wrong = std::panic::catch_unwind(|| shell().json(["-c", "echo no; echo why >&2"]));
    let message = *wrong.unwrap_err().downcast::<String>().unwrap();
    assert!(
        message.contains("no JSON document") && message.contains("why"),
        "{message}"
    );
}

#[test]
fn a_run_that_does_not_end_is_killed_and_told() {
    let hung = || {
        shell()
            .within(Duration::from_millis(300))
            .run(["-c", "echo started; exec sleep 1000"])
    };
    let message = *std::panic::catch_unwind(hung)
        .unwrap_err()
        .downcast::<String>()
        .unwrap();
    assert!(message.contains("did not end within 300ms"), "{message}");
}

#[test]
fn a_server_is_heard_and_ended() {
    let serve = "echo 'listening on http://127.0.0.1:81/a, ready' >&2; exec sleep 1000";
    let mut server = shell().serve(["-c", serve]);
    assert_eq!(server.url(), "http://127.0.0.1:81/a");
    let id = server.process().id();
    assert!(runs(id));
    drop(server);
    assert!(!runs(id));
    let mut short = shell().serve(["-c", "echo sorry"]);
    let silent = std::panic::AssertUnwindSafe(|| short.url());
    let message = *std::panic::catch_unwind(silent)
        .unwrap_err()
        .downcast::<String>()
        .unwrap();
    assert!(message.contains("ended; it printed:\nsorry"), "{message}");
}

#[test]
fn codes_are_read_from_pictures_and_pages() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, pdf) = (
        folder.path().join("codes.png"),
        folder.path().join("codes.pdf"),
    );
    let paint = "
import sys, zxingcpp
from PIL import Image
def code(text):
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(made.to_image(scale=4))
page = Image.new('L', (1240, 1754), 255)
page.paste(code('HTTPS://EXAMPLE.ORG/P/AAAA'), (600, 300))
page.paste(code('HTTPS://EXAMPLE.ORG/P/BBBB'), (100, 900))
page.save(sys.argv[1])
page.save(sys.argv[2], save_all=True, append_images=[Image.new('L', (1240, 1754), 255)], resolution=150)
";
    let python = folders::venv_program("python");
    let mut command = tool::tool(&python.to_string_lossy(), ["-c", paint]);
    tool::run(command.arg(&picture).arg(&pdf));
    let expected = ["HTTPS://EXAMPLE.ORG/P/AAAA", "HTTPS://EXAMPLE.ORG/P/BBBB"];
    assert_eq!(qr::in_picture(&picture), expected);
    let pages = qr::in_pdf(&pdf, 200);
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0], expected);
    assert!(pages[1].is_empty());
}

#[test]
fn a_browser_is_found_and_starts() {
    let mut browser = Command::new(chromium::find());
    let version = tool::run(browser.arg("--version").stdin(Stdio::null()));
    assert!(String::from_utf8_lossy(&version).contains("Chrom"));
}
