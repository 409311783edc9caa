//! Generates the payload types and their JSON form; pure Rust, needs no `protoc`.

use std::{env, path::PathBuf};

use prost_build::Config;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["proto/teal/v1/stream.proto", "proto/teal/v1/apply.proto"];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let descriptor_file = out.join("teal.bin");
    std::fs::write(&descriptor_file, prost_message_encode(&descriptors))?;
    Config::new().btree_map(["."]).compile_fds(descriptors)?;
    pbjson_build::Builder::new()
        .register_descriptors(&std::fs::read(&descriptor_file)?)?
        .ignore_unknown_fields()
        .ignore_unknown_enum_variants()
        .preserve_proto_field_names()
        .emit_fields()
        .btree_map(["."])
        .build(&[".teal.v1"])?;
    Ok(())
}

fn prost_message_encode(descriptors: &prost_types::FileDescriptorSet) -> Vec<u8> {
    use prost::Message as _;
    descriptors.encode_to_vec()
}
