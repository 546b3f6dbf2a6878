import Digests
import ComplianceEngine
import EndpointCatalogue
import Foundation
import ImportKit
import Inventory
import NetworkSets
import PolicyModel
import Reports

/// One client of a site on its way through the site's devices, ready to be judged.
struct SiteSubject: Sendable {
  /// A device on the way, with the policy that applies there.
  struct Leg: Sendable {
    let hop: HopState
    let scope: HopState.ScopePolicy
    let policy: CompiledPolicy
    let client: Client
    /// What the site's settings call the client.
    let label: String?
  }

  let record: SubjectRecord
  let legs: [Leg]
  /// How the client was chosen, where no setting says.
  let note: String
  let family: AddressFamily

  var path: NetworkPath {
    NetworkPath(
      hops: legs.map { Hop(device: $0.hop.device.name, policy: $0.policy, client: $0.client) },
      family: family)
  }

  /// What the verdicts depend on.
  func digest(_ catalogue: Catalogue) -> Data {
    var text = "\(Engine.version) \(catalogue.reference) \(catalogue.source.sha256) \(family)\n"
    for leg in legs {
      let client = leg.client
      text +=
        "\(leg.hop.device.name) \(leg.scope.digest.base64EncodedString()) "
        + "\(client.traffic) \(client.fromZone ?? "-") \(client.toZone ?? "-") "
        + "\(client.networks?.texts.joined(separator: ",") ?? "-")\n"
    }
    return Data(SHA256.bytes(Array(text.utf8)))
  }
}

/// Why a site cannot be judged as it is set up.
package struct SiteSetupError: Error, CustomStringConvertible, Sendable {
  package let site: String
  package let reason: String
  package let advice: String

  package var description: String { "site `\(site)`: \(reason); \(advice)" }
}

/// Finds the clients of a site and their ways out.
struct SubjectPlanner {
  let site: SiteRecord
  let loader: PolicyLoader
  /// Overrides for one audit; they make results that are not recorded.
  var selection = ClientSelection()
  var scope: String?

  /// More ways than this are a set-up that nobody described.
  private static let limit = 16

  func subjects(_ state: SiteState) throws -> [SiteSubject] {
    var ways: [[SiteSubject.Leg]] = [[]]
    var notes: [[String]] = [[]]
    for (index, hop) in state.hops.enumerated() {
      var next: [[SiteSubject.Leg]] = []
      var nextNotes: [[String]] = []
      for (way, note) in zip(ways, notes) {
        for (leg, reason) in try legs(hop, isFirst: index == 0, before: way.first) {
          next.append(way + [leg])
          nextNotes.append(note + (reason.isEmpty ? [] : [reason]))
        }
      }
      ways = next
      notes = nextNotes
      guard ways.count <= Self.limit || state.hops.count == 1 else {
        throw SiteSetupError(
          site: site.name,
          reason: "scopes and zones of its \(state.hops.count) devices give \(ways.count) ways",
          advice: "name them with `sallyport site device \(site.name) \(hop.device.name) --scope … "
            + "--from-zone …`")
      }
    }
    guard !state.hops.isEmpty else { return [] }
    let labels = labels(of: ways)
    return zip(zip(ways, notes), labels).map { pair, label in
      let (legs, note) = pair
      let client = legs[0].client
      return SiteSubject(
        record: SubjectRecord(
          device: legs.map(\.hop.device.name).joined(separator: " > "),
          scope: legs.map(\.scope.scope).joined(separator: " > "), client: label,
          traffic: client.traffic.rawValue,
          zones: [client.fromZone, client.toZone].compactMap { $0 },
          networks: client.networks?.texts ?? [], family: selection.family.rawValue),
        legs: legs, note: note.joined(separator: "; "), family: selection.family)
    }
  }

  // MARK: One device

  private func legs(
    _ hop: HopState, isFirst: Bool, before first: SiteSubject.Leg?
  ) throws -> [(SiteSubject.Leg, String)] {
    let wanted = scope ?? hop.device.scope
    let policies = hop.policies.filter { wanted == nil || $0.scope == wanted }
    guard !policies.isEmpty else {
      throw SiteSetupError(
        site: site.name,
        reason: "device `\(hop.device.name)` has no scope `\(wanted ?? "")`",
        advice: "its scopes are: \(hop.policies.map(\.scope).joined(separator: ", "))")
    }
    var result: [(SiteSubject.Leg, String)] = []
    var failure: ClientSelection.Failure?
    for policy in policies {
      let compiled = try loader.policy(policy, of: hop)
      do throws(ClientSelection.Failure) {
        for (choice, label) in try choices(hop, compiled.policy, isFirst: isFirst, first: first) {
          let leg = SiteSubject.Leg(
            hop: hop, scope: policy, policy: compiled, client: choice.client, label: label)
          result.append((leg, choice.note))
        }
      } catch {
        // Zones belong to some scopes only: another one may have them.
        failure = error
      }
    }
    if result.isEmpty, let failure {
      throw SiteSetupError(
        site: site.name, reason: "device `\(hop.device.name)`: \(failure.reason)",
        advice: failure.advice)
    }
    return result
  }

  private func choices(
    _ hop: HopState, _ policy: Policy, isFirst: Bool, first: SiteSubject.Leg?
  ) throws(ClientSelection.Failure) -> [(ClientSelection.Choice, String?)] {
    let device = ClientSelection(
      fromZone: hop.device.fromZone, toZone: hop.device.toZone, family: selection.family)
    guard isFirst else {
      // Behind the first device the clients keep their addresses: translation on the way is not
      // known, and a rule that asks for other sources then shows as a denial, not as an allowance.
      return try device.choices(for: policy).map { choice in
        var client = choice.client
        client.networks = first?.client.networks
        return (ClientSelection.Choice(client: client, note: choice.note), nil)
      }
    }
    if selection.fromZone != nil || selection.toZone != nil || selection.networks != nil {
      return try selection.choices(for: policy).map { ($0, nil) }
    }
    guard !site.clients.isEmpty else { return try device.choices(for: policy).map { ($0, nil) } }
    var result: [(ClientSelection.Choice, String?)] = []
    for client in site.clients {
      var one = device
      one.fromZone = client.fromZone ?? one.fromZone
      one.toZone = client.toZone ?? one.toZone
      one.networks = client.networks
      result += try one.choices(for: policy).map { ($0, client.label) }
    }
    return result
  }

  // MARK: Names

  /// A name for each client that stays the same while its networks change.
  private func labels(of ways: [[SiteSubject.Leg]]) -> [String] {
    var labels = ways.map { legs in
      let client = legs[0].client
      let zones = [client.fromZone, client.toZone].compactMap { $0 }
      return legs[0].label
        ?? ClientReport(
          traffic: client.traffic, zones: zones,
          networks: zones.isEmpty ? client.networks?.texts ?? [] : [],
          family: AddressFamily.ipv4.rawValue, note: ""
        ).text
    }
    let keys = zip(ways, labels).map { legs, label in
      [label] + legs.map { "\($0.hop.device.name) \($0.scope.scope)" }
    }
    for index in labels.indices where keys.filter({ $0 == keys[index] }).count > 1 {
      let clients = ways[index].map(\.client)
      let more = [clients[0].networks?.texts.first] + clients.map(\.fromZone)
      labels[index] += more.compactMap { $0 }.map { ", \($0)" }.joined()
    }
    return labels
  }
}
