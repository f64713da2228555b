//! What addresses are read as, and how they are written.

use super::*;

const ID: &str = "4f2c1a9e-1111-4222-8333-444455556666";

fn file(path: &str) -> Media {
    Media::File(path.to_owned())
}

fn other(url: &str) -> Media {
    Media::Other {
        schema: "ExternalReference.1".to_owned(),
        url: url.to_owned(),
    }
}

#[test]
fn addresses_are_read() {
    for (url, wanted) in [
        ("file:///a%20b.mp4", file("/a b.mp4")),
        ("file:///%C3%A9.mp4", file("/é.mp4")),
        ("FILE://localhost/x/y.mov", file("/x/y.mov")),
        ("file:///C:/x.mov", file("C:/x.mov")),
        ("file://localhost/C:/x.mov", file("C:/x.mov")),
        ("file://nas/share/x.mov", file("//nas/share/x.mov")),
        ("file:/x.mov", file("/x.mov")),
        ("file:x.mov", file("x.mov")),
        ("file:///100%.mov", file("/100%.mov")),
        ("file:///a%FF.mov", file("/a%FF.mov")),
        ("file:///a?b#c.mov", file("/a?b#c.mov")),
        ("media/a%20b.mp4", file("media/a b.mp4")),
        ("/x/a%20b.mp4", file("/x/a%20b.mp4")),
        (r"C:\x\a.mp4", file(r"C:\x\a.mp4")),
        ("Interview: take 2.mov", file("Interview: take 2.mov")),
        ("http://a.example/x.mp4", other("http://a.example/x.mp4")),
        ("urn:x:y", other("urn:x:y")),
        ("file:", other("file:")),
        ("file://", other("file://")),
        ("file:///a%00b", other("file:///a%00b")),
        (
            "",
            Media::Missing {
                name: String::new(),
            },
        ),
        (
            " ",
            Media::Missing {
                name: String::new(),
            },
        ),
        (
            "tams://a.example/flows/x",
            other("tams://a.example/flows/x"),
        ),
        ("tams://a.example", other("tams://a.example")),
        ("tams://", other("tams://")),
    ] {
        assert_eq!(Media::from_url(url), wanted, "{url}");
    }
}

#[test]
fn tams_links_are_read() {
    let host = || Some("tams.example.com:443".to_owned());
    let flow = |host| Media::Tams {
        host,
        flow: ID.to_owned(),
    };
    for (url, wanted) in [
        (
            format!("tams://tams.example.com:443/flows/{ID}"),
            flow(host()),
        ),
        (
            format!(
                "tamss://tams.example.com:443/api/v8/flows/{}/",
                ID.to_uppercase()
            ),
            flow(host()),
        ),
        (format!("tams://local/flows/{ID}"), flow(None)),
        (format!("tams:///flows/{ID}"), flow(None)),
        (
            format!("tams://tams.example.com:443/sources/{ID}"),
            Media::Source {
                host: host(),
                source: ID.to_owned(),
            },
        ),
    ] {
        assert_eq!(Media::from_url(&url), wanted, "{url}");
    }
    let part = format!("tams://a.example/flows/{ID}/segments?timerange=[1:0_2:0)");
    assert_eq!(Media::from_url(&part), other(&part));
    assert_eq!(host_in("https://tams.example.com:443/v5.1/"), host());
}

#[test]
fn addresses_are_written() {
    for (path, url) in [
        ("/a b/é.mp4", "file:///a%20b/%C3%A9.mp4"),
        (r"C:\a b.mp4", "file:///C:/a%20b.mp4"),
        ("//nas/share/x.mov", "file://nas/share/x.mov"),
        ("media/50%: a.mp4", "media/50%25%3A%20a.mp4"),
        ("http://x", "http%3A//x"),
    ] {
        assert_eq!(file(path).to_url().as_deref(), Some(url));
        assert_eq!(Media::from_url(url), file(&path.replace('\\', "/")));
    }
}

#[test]
fn references_are_those_of_the_command_line() {
    let host = Some("a.example".to_owned());
    let flow = ID.to_owned();
    let source = ID.to_owned();
    for (media, wanted) in [
        (file("a b.mp4"), "a b.mp4".to_owned()),
        (file("flow:x.mp4"), "./flow:x.mp4".to_owned()),
        (
            Media::Tams {
                host: host.clone(),
                flow: flow.clone(),
            },
            format!("tams://a.example/flows/{ID}"),
        ),
        (Media::Tams { host: None, flow }, format!("flow:{ID}")),
        (
            Media::Source {
                host,
                source: source.clone(),
            },
            format!("tams://a.example/sources/{ID}"),
        ),
        (Media::Source { host: None, source }, format!("source:{ID}")),
    ] {
        assert_eq!(media.reference(), Some(wanted));
    }
    assert_eq!(other("http://x").reference(), None);
}
