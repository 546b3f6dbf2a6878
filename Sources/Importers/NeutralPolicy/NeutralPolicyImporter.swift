// Sallyport's own neutral JSON, `sallyport.policy/1`: the way in for products that no importer reads,
// and the form in which Sallyport keeps what it has read.
//
// Documented by Schema/sallyport.policy-1.schema.json; read and written by PolicyCoding. Nothing is
// passed over here: a member that is not known, a reference to nothing, or a value of the wrong kind is
// an error with its place, since a person wrote it and can put it right.

import ImportKit
import PolicyCoding

package struct NeutralPolicyImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "sallyport-policy", product: "Sallyport neutral policy",
    versions: PolicyWriter.schema,
    howToExport: [
      "write the policy by hand or with a script, as Schema/sallyport.policy-1.schema.json says; an "
        + "example is Imports/Samples/sallyport-policy/minimal/input.json"
    ],
    pieces:
      "one policy a JSON object; several in one file or in several files are the scopes of one "
      + "device", importerVersion: 1)

  private static let family = "sallyport."

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let tree = document.json, let first = Self.policies(tree).first else { return .no }
    guard let schema = first["schema"]?.string, schema.hasPrefix(Self.family) else { return .no }
    if schema == PolicyWriter.schema { return .yes }
    if schema.hasPrefix("sallyport.policy/") {
      return .almost(
        reason: "its schema is `\(schema)`, this program reads `\(PolicyWriter.schema)`",
        advice: "use the release of Sallyport that wrote it, or a newer one")
    }
    return .almost(
      reason: "its schema is `\(schema)`, which is no policy but something that Sallyport wrote",
      advice:
        "give the export of the firewall, or a policy with the schema `\(PolicyWriter.schema)`")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var export = ImportedExport(policies: [])
    var scopes: Set<String> = []
    for document in documents {
      guard let tree = document.json else { continue }
      for value in Self.policies(tree) {
        var reader = PolicyReader()
        let policy: Policy
        let device: String?
        let takenAt: String?
        do throws(PolicyCodingError) {
          policy = try reader.policy(
            value, file: document.file, filesBefore: export.policies.last?.files ?? [])
          device = try PolicyReader.headerText(value, "device")
          takenAt = try PolicyReader.headerText(value, "taken_at")
        } catch {
          throw ImportError(
            .malformed, file: document.file, position: "\(error.line)",
            reason: "\(error.pointer.isEmpty ? "the policy" : error.pointer): \(error.reason)",
            advice: "Schema/sallyport.policy-1.schema.json describes every member")
        }
        if let problem = Self.unknownZone(policy) {
          throw ImportError(
            .malformed, file: document.file, position: "\(problem.position.line)",
            reason: "\(problem.position.pointer ?? "the rule"): `\(problem.zone)` is not among the "
              + "zones of the policy", advice: "add it to `zones`, or name one that is there")
        }
        guard scopes.insert(policy.scope).inserted else {
          throw ImportError(
            .mixed, file: document.file, position: "\(value.line)",
            reason: "there is a policy with the scope `\(policy.scope)` already",
            advice: "give each policy of a device a `scope` of its own")
        }
        export.deviceName = export.deviceName ?? device
        export.takenAt = export.takenAt ?? takenAt
        export.policies.append(Self.withProposals(policy))
      }
    }
    let files = export.policies.last?.files ?? []
    for index in export.policies.indices { export.policies[index].files = files }
    return export
  }

  /// A rule for a zone that the policy does not declare, though it declares zones: a slip of the pen
  /// that would make the rule one for nobody. A policy that was made from an export names its files,
  /// and rules of a device may be for interfaces that its export does not list.
  private static func unknownZone(
    _ policy: Policy
  ) -> (zone: String, position: SourcePosition)? {
    guard policy.files.isEmpty, !policy.zones.isEmpty else { return nil }
    let known = Set(policy.zones.map(\.name))
    for table in policy.tables {
      for rule in table.rules {
        for clause in rule.match.clauses {
          let names: [String]
          switch clause {
          case .from(let list), .to(let list): names = list.names
          default: continue
          }
          if let zone = names.first(where: { !$0.hasSuffix("*") && !known.contains($0) }) {
            return (zone, rule.position)
          }
        }
      }
    }
    return nil
  }

  /// The values of a file, those of a list one by one.
  private static func policies(_ tree: JSONTree) -> [JSONValue] {
    tree.tops.flatMap { top in top.isArray ? Array(top.elements) : [top] }
  }

  /// Clients where the policy names none: a zone that does not lead to the Internet, or what rules
  /// name as sources.
  private static func withProposals(_ policy: Policy) -> Policy {
    guard policy.proposals.isEmpty else { return policy }
    var policy = policy
    let outside = policy.zones.filter(\.leadsToInternet).map(\.name)
    let inside = policy.zones.filter { !$0.leadsToInternet }
    if inside.isEmpty {
      policy.proposals = SourceProposals.make(sources(policy))
    } else {
      policy.proposals = inside.map { zone in
        ClientProposal(
          client: Client(
            fromZone: zone.name, toZone: outside.count == 1 ? outside[0] : nil,
            networks: zone.networks),
          reason: "zone of the policy that does not lead to the Internet")
      }
    }
    return policy
  }

  private static func sources(_ policy: Policy) -> [(AddressSet, String)] {
    var result: [(AddressSet, String)] = []
    for table in policy.tables {
      for rule in table.rules {
        for case .source(let list) in rule.match.clauses where !list.negated {
          for term in list.terms {
            switch term {
            case .addresses(let set): result.append((set, ""))
            case .object(let number):
              let object = policy.endpointObjects[number]
              for case .addresses(let set) in object.list.terms {
                result.append((set, object.name))
              }
            default: break
            }
          }
        }
      }
    }
    return result
  }
}
