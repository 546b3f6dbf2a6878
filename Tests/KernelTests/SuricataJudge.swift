import Foundation
import NetworkSets

/// Suricata itself, offline over a capture: which connections a rules text stops.
struct SuricataJudge {
  struct Target: Hashable, Sendable {
    let host: String
    let port: UInt16
  }

  static let home = "10.20.30.0/24"
  let folder: URL
  private let targets: [Target]

  /// - Parameter targets: one connection each, from a client in HOME_NET.
  init(_ targets: [Target]) throws {
    self.targets = targets
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "suricata-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var capture = Capture()
    for (number, target) in targets.enumerated() {
      guard let client = IPAddress("10.20.30.40"),
        let server = IPAddress("198.51.100.\(number + 1)")
      else { continue }
      capture.add(
        client: client, clientPort: UInt16(50000 + number), server: server, port: target.port,
        host: target.host)
    }
    try Data(capture.bytes).write(to: folder.appendingPathComponent("flows.pcap"))
    try Data(Self.settings.utf8).write(to: folder.appendingPathComponent("suricata.yaml"))
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// The targets whose connection loses a packet; nil where Suricata refuses a rule.
  func stopped(by rules: String) throws -> Set<Target>? {
    let log = folder.appendingPathComponent("eve.json")
    try? FileManager.default.removeItem(at: log)
    let file = folder.appendingPathComponent("test.rules")
    try Data((rules + "\n").utf8).write(to: file)
    let output = try Command.run([
      "sh", "-c",
      "cd '\(folder.path)' && suricata -c suricata.yaml -r flows.pcap -S test.rules -l . "
        + "--simulate-ips -k none --runmode single 2>&1 || true",
    ])
    if output.contains("error parsing signature") { return nil }
    var stopped: Set<Target> = []
    let text = try String(contentsOf: log, encoding: .utf8)
    for line in text.split(separator: "\n") {
      guard
        let event = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        event["event_type"] as? String == "drop"
      else { continue }
      for key in ["src_port", "dest_port"] {
        let number = (event[key] as? Int ?? 0) - 50000
        if targets.indices.contains(number) { stopped.insert(targets[number]) }
      }
    }
    return stopped
  }

  private static let settings = """
    %YAML 1.1
    ---
    vars:
      address-groups:
        HOME_NET: "[\(home)]"
        EXTERNAL_NET: "!$HOME_NET"
    action-order: [pass, drop, reject, alert]
    outputs:
      - eve-log:
          enabled: yes
          filetype: regular
          filename: eve.json
          types:
            - drop: {alerts: no, flows: all}
    app-layer:
      protocols:
        tls: {enabled: yes, detection-ports: {dp: 443}}
        http: {enabled: yes}
    stream:
      memcap: 64mb
      checksum-validation: no
      inline: yes
      midstream: false
      reassembly: {memcap: 64mb, depth: 1mb}
    detect: {profile: low}
    host-mode: router
    """
}
