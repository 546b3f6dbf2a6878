import Foundation
import TestSupport
import Testing

/// Exports of a hundred megabytes are read and stored within a bounded share of memory.
///
/// For the release build only, which `SALLYPORT_PROGRAM` names: a debug build takes minutes.
@Suite struct HugeFileTests {
  private static let isRelease =
    ProcessInfo.processInfo.environment["SALLYPORT_PROGRAM"]?.contains("release") ?? false
  /// Rules that make a hundred megabytes.
  private static let counts = (xml: 360_000, json: 320_000)
  /// Kilobytes of address space; what is resident is about half of it.
  private static let limit = 2_500_000

  private static func write(_ path: String, _ parts: (Int) -> String?) throws {
    FileManager.default.createFile(atPath: path, contents: nil)
    let file = try #require(FileHandle(forWritingAtPath: path))
    defer { try? file.close() }
    var number = 0
    var buffer = ""
    while let part = parts(number) {
      number += 1
      buffer += part
      guard buffer.utf8.count > 1 << 20 else { continue }
      try file.write(contentsOf: Data(buffer.utf8))
      buffer = ""
    }
    try file.write(contentsOf: Data(buffer.utf8))
  }

  private static func xml(_ number: Int) -> String? {
    let count = counts.xml
    let rule = """
      <rule><tracker>\(number)</tracker><type>pass</type><interface>lan</interface>
      <ipprotocol>inet</ipprotocol><protocol>tcp</protocol><source><network>lan</network></source>
      <destination><address>198.51.100.\(number % 250)</address><port>443</port></destination>
      <descr><![CDATA[ticket \(number)]]></descr></rule>

      """
    if number == 0 {
      return """
        <pfsense><version>23.3</version><system><hostname>fw</hostname></system><interfaces>
        <wan><enable/><if>em0</if><ipaddr>dhcp</ipaddr></wan>
        <lan><enable/><if>em1</if><ipaddr>10.0.0.1</ipaddr><subnet>24</subnet></lan></interfaces>
        <filter>
        """
    }
    return number < count ? rule : (number == count ? "</filter></pfsense>\n" : nil)
  }

  private static func json(_ number: Int) -> String? {
    let count = counts.json
    let rule = """
      {"rule": {"family": "inet", "table": "filter", "chain": "forward", "handle": \(number),
        "comment": "ticket \(number)", "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
          "right": {"set": [80, 443, \(1024 + number % 5000)]}}},
        {"counter": {"packets": \(number), "bytes": 60}}, {"accept": null}]}},

      """
    if number == 0 {
      return """
        {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
        {"table": {"family": "inet", "name": "filter", "handle": 1}},
        {"chain": {"family": "inet", "table": "filter", "name": "forward", "handle": 1,
          "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},

        """
    }
    if number < count { return rule }
    return number == count
      ? #"{"table": {"family": "ip", "name": "other", "handle": 2}}]}"# + "\n" : nil
  }

  @Test(.enabled(if: isRelease), .serialized, arguments: ["pfsense", "nftables"])
  func hundredMegabytesAreStored(_ format: String) throws {
    let session = try Session()
    let path = session.folder.path("export")
    try Self.write(path, format == "pfsense" ? Self.xml : Self.json)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.size] as? Int ?? 0) > 100_000_000)
    let outcome = try session.runner.run(
      ["import", path, "--site", "a", "--device", "fw"], timeout: 300,
      in: session.folder.url.path, prelude: "ulimit -v \(Self.limit)")
    #expect(outcome.status == 0, "\(outcome.status): \(outcome.err)")
    let rules = try session.run(
      "sql", "SELECT sum(rules) > 200000 FROM snapshots", "--format", "csv")
    #expect(rules.out.split(whereSeparator: \.isNewline).last == "1", "\(rules.out)")
  }
}
