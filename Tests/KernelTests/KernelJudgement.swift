import ComplianceEngine
import EndpointCatalogue
import Foundation
import ImportKit
import Importers
import NetworkSets
import PolicyModel

/// Compares what the kernel lets pass with what our importer and engine say that it lets pass.
struct KernelJudgement {
  let network: KernelNetwork

  /// Nil where the kernel can be asked; else why not, for the reader of a skipped test.
  static func obstacle(_ programs: [String]) -> String? {
    guard geteuid() == 0 else { return "not root" }
    for program in ["ip"] + programs where !Command.exists(program) { return "no \(program)" }
    do {
      _ = try KernelNetwork()
      return nil
    } catch {
      return "no network namespaces: \(error)"
    }
  }

  private struct Place {
    let client: Client
    let family: AddressFamily
    let namespace: NetworkNamespace
    let source: IPAddress
  }

  private func places(_ families: [AddressFamily]) -> [Place] {
    func place(
      _ text: String, _ zone: String?, _ namespace: NetworkNamespace, _ family: AddressFamily
    ) -> Place? {
      IPAddress(text).map { address in
        Place(
          client: Client(
            traffic: zone == nil ? .host : .forwarded, fromZone: zone, toZone: "wan0",
            networks: AddressSet(address)),
          family: family, namespace: namespace, source: address)
      }
    }
    let v4 =
      KernelNetwork.lanV4.map { place($0, "lan0", network.clients, .ipv4) }
      + KernelNetwork.dmzV4.map { place($0, "dmz0", network.clients, .ipv4) }
      + [place(KernelNetwork.ownV4, nil, network.firewall, .ipv4)]
    let v6 =
      KernelNetwork.lanV6.map { place($0, "lan0", network.clients, .ipv6) }
      + [place(KernelNetwork.ownV6, nil, network.firewall, .ipv6)]
    return (families.contains(.ipv4) ? v4 : []).compactMap { $0 }
      + (families.contains(.ipv6) ? v6 : []).compactMap { $0 }
  }

  private static let catalogue: Catalogue = {
    let endpoints = KernelNetwork.servers.compactMap {
      Endpoint(service: "s", text: $0.host, host: $0.host, portsRequired: KernelNetwork.ports)
    }
    return Catalogue(
      id: "kernel", version: "1", title: "", published: "2026-01-01", effective: "2026-01-01",
      source: CatalogueSource(title: "", url: "", locale: "en", sha256: ""), statements: [:],
      services: [CatalogueService(id: "s", names: ["en": "s"])], endpoints: endpoints)
  }()

  private static let knowledge: OutsideKnowledge = {
    var knowledge = OutsideKnowledge()
    for server in KernelNetwork.servers {
      if let name = HostName(server.host) {
        knowledge.addresses[name] = [server.v4, server.v6].compactMap { IPAddress($0) }
      }
    }
    return knowledge
  }()

  struct Comparison {
    var connections = 0
    /// Those that both let pass.
    var allowed = 0
    var disagreements: [String] = []
    var undecided: [String] = []
  }

  /// - Parameters:
  ///   - export: the files of the export with their names.
  ///   - zones: what the export calls the interfaces, where that is not their name.
  func compare(
    export: [(name: String, text: String)], families: [AddressFamily],
    zones: [String: String] = [:]
  ) throws -> Comparison {
    let outcome = try importerRegistry.read(
      export.map { ExportFile(name: $0.name, bytes: Array($0.text.utf8)) })
    var comparison = Comparison()
    guard let policy = outcome.export.policies.first else { return comparison }
    let compiled = CompiledPolicy(policy)
    for place in places(families) {
      var client = place.client
      client.fromZone = client.fromZone.map { zones[$0] ?? $0 }
      client.toZone = client.toZone.map { zones[$0] ?? $0 }
      let path = NetworkPath(
        hops: [Hop(device: "kernel", policy: compiled, client: client)],
        family: place.family)
      let results = Evaluation(
        path: path, catalogue: Self.catalogue, knowledge: Self.knowledge
      ).run().results
      let wanted = results.compactMap { result -> Connections.Wanted? in
        let server = KernelNetwork.servers[result.requirement.endpoint]
        return IPAddress(place.family == .ipv4 ? server.v4 : server.v6).map {
          Connections.Wanted(
            source: place.source, destination: $0, port: result.requirement.port)
        }
      }
      var passed = try network.established(wanted, from: place.namespace, patience: 60)
      let late = zip(results, passed).contains { $0.verdict == .allowed && !$1 }
      // What should pass gets more time before the kernel is believed.
      if late { passed = try network.established(wanted, from: place.namespace, patience: 1500) }
      for ((result, wanted), passes) in zip(zip(results, wanted), passed) {
        comparison.connections += 1
        let text =
          "\(place.client.fromZone ?? "HOST") \(wanted.source.text) to "
          + "\(wanted.destination.text):\(wanted.port): kernel \(passes ? "passes" : "stops"), "
          + "we say \(result.verdict) by \(result.deciding.map(\.rule))"
        switch result.verdict {
        case .allowed where passes: comparison.allowed += 1
        case .blocked where !passes: break
        case .allowed, .blocked, .partial: comparison.disagreements.append(text)
        case .conditional, .unknown:
          comparison.undecided.append(
            text + " \(result.conditions.map { "\($0.condition.kind): \($0.condition.detail)" })")
        }
      }
    }
    return comparison
  }
}
