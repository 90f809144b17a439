//! Adapters that misbehave: this test program, started again with `--fake NAME`, answers like a good adapter except in
//! the case `t/victim`, where it does what its name says. It knows the protocol from its documentation alone: nothing of
//! radgauge is used here.

use std::{
    env, fs,
    io::{self, BufRead, Write},
    process::{self, Command},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// The value that a good answer has for every key.
pub const VALUE: f64 = 1.0;

/// Plays an adapter, when this program was started as one.
pub fn play_if_asked() {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some("--fake") {
        let name = arguments.next().expect("the name of a fake");
        play(&name, arguments.next().as_deref());
        process::exit(0);
    }
}

fn play(name: &str, argument: Option<&str>) {
    if name == "once" {
        return once(
            argument.expect("a request"),
            &env::args().nth(4).expect("a response"),
        );
    }
    let mut asked = 0;
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        match request["op"].as_str().expect("an operation") {
            "hello" => match name {
                "never_hello" => forever(),
                "dies_at_once" => {
                    eprintln!("cannot find my libraries");
                    process::exit(1);
                }
                "banner" => say("Welcome to MyTool!"),
                "strange_family" => {
                    let mut hello = hello(&request);
                    hello["capabilities"]["families"] = json!(["magic"]);
                    say(&hello.to_string());
                }
                "strange_protocol" => {
                    let mut hello = hello(&request);
                    hello["protocol"] = json!(2);
                    say(&hello.to_string());
                }
                _ if name.starts_with("map") => {
                    let mut hello = hello(&request);
                    hello["capabilities"]["filters"] = json!(["mean"]);
                    hello["capabilities"]["response_maps"] = json!(true);
                    say(&hello.to_string());
                }
                "reads_series" => {
                    let mut hello = hello(&request);
                    hello["capabilities"]["dicom"] = json!(true);
                    say(&hello.to_string());
                }
                "few_families" => {
                    let mut hello = hello(&request);
                    hello["capabilities"]["families"] = json!(["morph"]);
                    say(&hello.to_string());
                }
                "boasts" => {
                    let mut hello = hello(&request);
                    hello["capabilities"]["families"] = json!(["morph", "stat", "glcm"]);
                    hello["capabilities"]["aggregations"] = json!(["3d_avg"]);
                    hello["capabilities"]["discretisation"] = json!(["fbs", "fbn"]);
                    say(&hello.to_string());
                }
                _ => say(&hello(&request).to_string()),
            },
            "bye" => {
                if name == "stays" {
                    forever();
                }
                return;
            }
            _ if name == "reads_series" => {
                let answer = good(&request);
                check_files(&request["image"]);
                check_files(&request["roi"]);
                say(&answer.to_string());
            }
            _ if request["case"] == "t/victim" || name == "always_dies" => {
                asked += 1;
                misbehave(name, argument, &request, asked);
            }
            _ => say(&good(&request).to_string()),
        }
    }
}

/// One message, from file to file.
fn once(request: &str, response: &str) {
    let text = fs::read_to_string(request).expect("a request");
    let request: Value = serde_json::from_str(&text).expect("JSON");
    let answer = match request["op"].as_str() {
        Some("hello") => hello(&request),
        _ if request["case"] == "t/victim" => {
            eprintln!("no more memory");
            process::exit(9);
        }
        _ => good(&request),
    };
    fs::write(response, answer.to_string()).expect("the scratch folder can be written");
}

fn misbehave(name: &str, argument: Option<&str>, request: &Value, asked: usize) {
    if name.starts_with("map") {
        return say(&mapped(name, request, asked).to_string());
    }
    let id = &request["id"];
    let key = request["features"][0].as_str().expect("a key");
    let mut answer = good(request);
    match name {
        "silent" => forever(),
        "late" => thread::sleep(Duration::from_secs(4)),
        "dies" => {
            eprintln!("Segmentation fault, sort of");
            process::exit(3);
        }
        "aborts" | "always_dies" => process::abort(),
        "closes_output" => {
            let _ = Command::new("sh")
                .args(["-c", &format!("kill -9 {}", process::id())])
                .status();
        }
        "floods_stderr" => {
            let line = "x".repeat(1023) + "\n";
            for _ in 0..20_000 {
                let _ = io::stderr().write_all(line.as_bytes());
            }
            eprintln!("the last words");
        }
        "floods_stdout" => loop {
            print!("{}", "y".repeat(1 << 16));
        },
        "floods_log" => loop {
            say(&json!({"kind": "log", "id": id, "level": "info", "message": "!"}).to_string());
        },
        "junk" => return say("Loading image...\u{1b}[31m done"),
        "foreign_id" => answer["id"] = json!(77),
        "foreign_kind" => return say(&hello(request).to_string()),
        "foreign_key" => answer["values"][0]["key"] = json!("stat/-/XXXX"),
        "twice" => {
            let first = answer["values"][0].clone();
            answer["values"].as_array_mut().expect("values").push(first);
        }
        "two_answers" => say(&answer.to_string()),
        "nan" => answer["values"][0]["value"] = json!("NaN"),
        "bare_nan" => {
            let text = format!(
                r#"{{"kind":"result","id":{id},"values":[{{"key":"{key}","value":NaN}}]}}"#
            );
            return say(&text);
        }
        "enormous" => answer["values"][0]["value"] = json!(f64::MIN),
        "infinity" => answer["values"][0]["value"] = json!("-Inf"),
        "text" => answer["values"][0]["value"] = json!("1.0"),
        "long_line" => answer["values"][0]["reason"] = json!("z".repeat(10 << 20)),
        "deep" => return say(&"[".repeat(1 << 20)),
        "leaves_out" => answer["values"] = json!([]),
        // It said that it can.
        "boasts" => {
            answer["values"][0] =
                json!({"key": key, "status": "unsupported", "reason": "not in this build"});
        }
        "fails" => {
            answer = json!({"kind": "error", "id": id, "phase": "load", "message": "no memory"})
        }
        "unsupported" => {
            answer = json!({"kind": "unsupported", "id": id, "reason": "only at full moon"})
        }
        "wavers" => answer["values"][0]["value"] = json!(VALUE + asked as f64),
        "children" | "dies_with_children" => {
            // The child keeps standard output open, and nobody waits for it.
            #[expect(
                clippy::zombie_processes,
                reason = "what is left behind is what is tested"
            )]
            let child = Command::new("sleep")
                .arg("1000")
                .spawn()
                .expect("sleep starts");
            fs::write(argument.expect("a file"), child.id().to_string()).expect("can be written");
            if name == "dies_with_children" {
                process::exit(3);
            }
        }
        _ => {}
    }
    say(&answer.to_string());
}

/// The answer to a question for a response map.
fn mapped(name: &str, request: &Value, asked: usize) -> Value {
    assert_eq!(
        request["outputs"]["response_map"], true,
        "a map is asked for"
    );
    assert_eq!(request["features"], json!([]), "and no values");
    let image = fs::read(request["image"]["path"].as_str().expect("a path")).expect("an image");
    let mut map = mean_of_27(&image);
    let path = match name {
        "map_elsewhere" => "../map.nii",
        "map_behind_a_link" => "work/link/map.nii",
        _ => "work/map.nii",
    };
    match name {
        "map_wrong" => map[VOXELS..][..8].copy_from_slice(&1e3_f64.to_le_bytes()),
        "map_nan" => map[VOXELS..][..8].copy_from_slice(&f64::NAN.to_le_bytes()),
        "map_wavers" => map[VOXELS..][..8].copy_from_slice(&(asked as f64 * 1e-12).to_le_bytes()),
        "map_truncated" => map.truncate(VOXELS + 8),
        "map_of_another_size" => map[42..44].copy_from_slice(&1_i16.to_le_bytes()),
        _ => {}
    }
    #[cfg(unix)]
    if name == "map_behind_a_link" && asked == 1 {
        std::os::unix::fs::symlink("../..", "work/link").expect("a link");
    }
    let digest = match name {
        "map_of_another_digest" => "0".repeat(64),
        _ => sha256(&map),
    };
    if name != "map_absent" {
        fs::write(path, &map).expect("the scratch folder can be written");
    }
    let mut answer = json!({
        "kind": "result", "id": request["id"], "values": [],
        "response_map": {"path": path, "sha256": digest}
    });
    match name {
        "map_forgotten" => answer["response_map"] = Value::Null,
        "map_with_values" => answer["values"] = json!([{"key": "stat/-/Q4LE", "value": 1.0}]),
        "map_unsupported" => {
            answer =
                json!({"kind": "unsupported", "id": request["id"], "reason": "only at full moon"});
        }
        _ => {}
    }
    answer
}

/// Where voxels begin in the files that are handed over.
const VOXELS: usize = 352;

/// The file of the image whose voxels are the means of 3 × 3 × 3 voxels, the image mirrored at its borders.
fn mean_of_27(file: &[u8]) -> Vec<u8> {
    let size = [42, 44, 46].map(|at| i64::from(i16::from_le_bytes([file[at], file[at + 1]])));
    let [nx, ny, nz] = size;
    let voxel = |at: [i64; 3]| {
        let [x, y, z] = std::array::from_fn(|a| at[a].clamp(0, size[a] - 1));
        let at = VOXELS + 8 * usize::try_from(x + nx * (y + ny * z)).expect("inside");
        f64::from_le_bytes(file[at..at + 8].try_into().expect("8 bytes"))
    };
    let mut map = file[..VOXELS].to_vec();
    for (z, y, x) in
        (0..nz).flat_map(|z| (0..ny).flat_map(move |y| (0..nx).map(move |x| (z, y, x))))
    {
        let sum: f64 = (0..27)
            .map(|n| voxel([x + n % 3 - 1, y + n / 3 % 3 - 1, z + n / 9 - 1]))
            .sum();
        map.extend((sum / 27.0).to_le_bytes());
    }
    map
}

/// Dies if the digest is not that of the file, or of what `sha256sum *` says in the folder, of slices and nothing else.
fn check_files(named: &Value) {
    let path = named["path"].as_str().expect("a path");
    let digest = if fs::metadata(path).expect("it is there").is_dir() {
        let entries = fs::read_dir(path).expect("a folder");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        let lines = files.iter().map(|file| {
            let bytes = fs::read(file).expect("a file");
            assert_eq!(&bytes[128..132], b"DICM", "a slice");
            let name = file.file_name().expect("a name").to_string_lossy();
            format!("{}  {name}\n", sha256(&bytes))
        });
        sha256(lines.collect::<String>().as_bytes())
    } else {
        sha256(&fs::read(path).expect("a file"))
    };
    assert_eq!(named["sha256"], digest, "{path}");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hello(request: &Value) -> Value {
    json!({
        "kind": "hello", "id": request["id"], "protocol": 1,
        "implementation": {"name": "fake", "version": "1.0"},
        "adapter": {"name": "fake-adapter", "version": "2.0"},
        "capabilities": {
            "families": ["stat"], "aggregations": [], "discretisation": [], "interpolation": [], "filters": [],
            "response_maps": false
        },
        "deterministic": true
    })
}

fn good(request: &Value) -> Value {
    let keys = request["features"].as_array().expect("keys");
    let values: Vec<Value> = keys
        .iter()
        .map(|key| json!({"key": key, "value": VALUE}))
        .collect();
    json!({"kind": "result", "id": request["id"], "values": values, "settings_used": {"binWidth": 1}})
}

fn say(line: &str) {
    println!("{line}");
    let _ = io::stdout().flush();
}

fn forever() {
    loop {
        thread::sleep(Duration::from_secs(1000));
    }
}
