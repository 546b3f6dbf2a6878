import CatalogueReaders
import Foundation
import TestSupport
import Testing

/// The published schema of catalogues and the reader agree on every input: each member is given
/// every value of a pool, and both must take it or both refuse it.
@Suite struct SchemaAgreementTests {
  static let isAvailable: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import jsonschema; jsonschema.Draft202012Validator"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// A whole catalogue, every member of which is replaced in turn.
  private static let base = """
    {"schema": "sallyport.catalogue/1", "id": "own", "version": "2026-01-31", "title": "Own",
     "published": "2026-01-31", "effective": "2026-01-31",
     "dates": {"first_seen": {"from": "2026-01-31", "to": "2026-01-31", "source": "x"}},
     "source": {"title": "Own", "url": "", "locale": "en-us", "sha256": "", "repository": "a/b",
      "commit": "c", "path": "d"},
     "statements": {"default_443": true}, "services": [{"id": "a", "name": {"en": "A"}}],
     "endpoints": [{"service": "a", "text": "x.example.com", "host": "x.example.com",
      "path": "/p", "path_match": "prefix", "scheme": "https", "protocol": "tcp",
      "ports_required": [443], "ports_advised": [80], "inspection": "pinned", "note": "n",
      "level": "required", "condition": "c", "platform": "p", "geography": "g", "cloud": "k"},
      {"service": "a", "address": "192.0.2.0/24", "ports_required": [443]}],
     "answers": [{"kind": "service", "token": "t", "answer": "a", "by": "J", "on": "2026-01-31"}]}
    """

  private static var pool: [Any] {
    [
      NSNull(), "", "x", "a", "A B", 0, 1, -1, 443, 65536, true, [Any](), [443], [0], [443, 443],
      ["443"], [String: Any](), ["en": "A"], ["de": "A"], "2024-02-29", "2023-02-29", "1900-02-29",
      "2000-02-29", "2026-04-31", "2026-12-31", "2026-1-1", "2026-01-31-b", "2026-01-31.",
      "2026-01-31T00:00:00Z", "31/12/2026", "someday", "/", "/a", "/a*", "/a/*", "/*", "/a/*/b",
      "/a b", "p", "*.example.com", "x.*", "a.*.example.com", "*cdn.example.net", "*", "*.",
      "-x.com", "x-.com", "x..com", ".x.com", "x.com.", "X.COM", "192.0.2.1", "192.0.2.0/24",
      "2001:db8::/32", "a_b.com", "m\u{fc}nchen.example", "exact", "prefix", "glob", "tcp", "udp",
      "icmp", "required", "optional", "named", "pinned", "tolerated", "own/local", "own/other",
      String(repeating: "a", count: 64), String(repeating: "a", count: 64) + ".com",
      String(repeating: "g", count: 64), "sallyport.catalogue/1", "sallyport.catalogue/2",
    ]
  }

  /// Where members are replaced: the way to an object, and its members with an unknown one.
  private static func places(_ value: Any, _ way: [Any] = []) -> [[Any]] {
    if let object = value as? [String: Any] {
      return object.keys.sorted().flatMap { key in
        [way + [key]] + (object[key].map { places($0, way + [key]) } ?? [])
      } + [way + ["unknown"]]
    }
    if let list = value as? [Any] {
      return list.indices.flatMap { index in
        [way + [index]] + places(list[index], way + [index])
      }
    }
    return []
  }

  /// The value with what stands at a place replaced, or taken out.
  private static func replacing(_ value: Any, _ way: ArraySlice<Any>, with new: Any?) -> Any {
    guard let step = way.first else { return new ?? NSNull() }
    if var object = value as? [String: Any], let key = step as? String {
      object[key] =
        way.count == 1 ? new : object[key].map { replacing($0, way.dropFirst(), with: new) }
      return object
    }
    if var list = value as? [Any], let index = step as? Int {
      if way.count == 1, new == nil {
        list.remove(at: index)
      } else {
        list[index] = replacing(list[index], way.dropFirst(), with: new)
      }
      return list
    }
    return value
  }

  @Test(.enabled(if: isAvailable))
  func readerAndSchemaAgree() throws {
    let root = try JSONSerialization.jsonObject(with: Data(Self.base.utf8))
    let pool = Self.pool.map { Optional($0) }
    var documents: [String] = []
    for place in Self.places(root) {
      for value in [nil] + pool {
        let document = Self.replacing(root, place[...], with: value)
        documents.append(
          String(
            decoding: try JSONSerialization.data(withJSONObject: document, options: .sortedKeys),
            as: UTF8.self))
      }
    }
    #expect(documents.count > 3000)
    let folder = try TemporaryFolder()
    let path = try folder.write("documents.jsonl", documents.joined(separator: "\n"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import json, sys, jsonschema
      validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
      print("".join("1" if validator.is_valid(json.loads(line)) else "0"
                    for line in open(sys.argv[2], encoding="utf-8")))
      """,
      Repository.root.appendingPathComponent("Schema/sallyport.catalogue-1.schema.json").path, path,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let valid = String(decoding: output, as: UTF8.self).filter { $0 == "0" || $0 == "1" }
    try #require(valid.count == documents.count)
    // What no schema can say: references, and whether four numbers are an address.
    let beyond = [
      "is not among `services`", "is not an address or network", "is the same as", "is printed as",
    ]
    for (document, mark) in zip(documents, valid) {
      do throws(CatalogueError) {
        _ = try CatalogueJSON.read(Array(document.utf8), file: "list")
        #expect(mark == "1", "the schema refuses what the reader takes: \(document)")
      } catch {
        #expect(
          mark == "0" || beyond.contains { error.reason.contains($0) },
          "the reader refuses what the schema takes: \(error) \(document)")
      }
    }
  }
}
