import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import Reports

/// One connection that a user asks about.
package struct FlowTarget: Hashable, Sendable {
  package let host: HostName
  package let port: UInt16
  package let path: String

  /// Reads a URL, `host:port`, or a host (port 443). Nil for anything else; user information in a
  /// URL is refused, since `https://good.example@evil.example/` names the second host.
  package init?(_ text: String) {
    var rest = text[...]
    var port: UInt16 = 443
    for (scheme, number) in [("https://", UInt16(443)), ("http://", 80)]
    where rest.lowercased().hasPrefix(scheme) {
      rest = rest.dropFirst(scheme.count)
      port = number
    }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let tail = rest[authority.endIndex...]
    guard !authority.contains("@") else { return nil }
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let host = HostName(parts[0]) else { return nil }
    if parts.count == 2 {
      guard let number = UInt16(parts[1]), number > 0 else { return nil }
      port = number
    }
    self.host = host
    self.port = port
    let path = tail.prefix { $0 != "#" }
    self.path = path.hasPrefix("/") ? String(path) : "/" + path
  }
}

/// Shows how the rules treat one connection.
package struct ExplainUseCase: Sendable {
  package var registry: ImporterRegistry
  package var selection: ClientSelection
  package var scope: String?
  package var knowledge: OutsideKnowledge

  package init(
    registry: ImporterRegistry, selection: ClientSelection, scope: String?,
    knowledge: OutsideKnowledge
  ) {
    self.registry = registry
    self.selection = selection
    self.scope = scope
    self.knowledge = knowledge
  }

  package func run(_ files: [ExportFile], target: FlowTarget, now: String) throws -> [ExplainedWalk]
  {
    let outcome = try registry.read(files)
    let device = outcome.export.deviceName ?? DeviceName.fromFile(files.first?.name ?? "-")
    var result: [ExplainedWalk] = []
    for policy in try CheckUseCase.policies(
      outcome.export, scope: scope, at: now, file: files.first?.name ?? "-")
    {
      let compiled = CompiledPolicy(policy)
      for choice in try selection.choices(for: policy) {
        let path = NetworkPath(
          hops: [Hop(device: device, policy: compiled, client: choice.client)],
          family: selection.family)
        let explanation = Explanation(
          path: path, host: target.host, port: target.port, urlPath: target.path,
          knowledge: knowledge)
        let zones = [choice.client.fromZone, choice.client.toZone].compactMap { $0 }
        result.append(
          ExplainedWalk(
            device: device, scope: policy.scope,
            client: ClientReport(
              traffic: choice.client.traffic, zones: zones,
              networks: choice.client.networks?.texts ?? [], family: selection.family.rawValue,
              note: choice.note),
            target: "\(target.host):\(target.port)\(target.path == "/" ? "" : target.path)",
            explanation: explanation))
      }
    }
    return result
  }
}
