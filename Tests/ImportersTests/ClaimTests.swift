import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Foundation
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

@testable import Audit

/// What a person says about a sample export, held against the program.
///
/// Each case folder may hold `claims.txt`, written by hand. A line is
///
///     VERDICT PORT HOST [by "RULE"] [if KIND]
///
/// with the host as the list writes it, or `all` for every required endpoint of the port. Lines of
/// settings hold for what follows: `scope NAME`, `from ZONE`, `to ZONE`, `client CIDR`, `family
/// ipv6`, `application WORD`, `category WORD`, `list VERSION`; a setting without value goes back to
/// what the export suggests. `#` starts a comment, where the source stands.
@Suite struct ClaimTests {
  @Test(arguments: try SampleCase.all().filter(Self.hasClaims))
  func claimsHold(_ sample: SampleCase) throws {
    let text = try String(
      contentsOf: sample.folder.appendingPathComponent("claims.txt"), encoding: .utf8)
    let outcome = try importerRegistry.read(try sample.inputs())
    var setting = Setting()
    var judged: [Setting: [RequirementResult]] = [:]
    var count = 0
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let place = "\(sample.testDescription)/claims.txt:\(number + 1)"
      let words = Self.words(line)
      guard let first = words.first else { continue }
      // A scope may hold blanks.
      let value = words.count > 1 ? words.dropFirst().joined(separator: " ") : nil
      if setting.take(first, value) { continue }
      let claim = try #require(Claim(words), "\(place): not a claim: \(line)")
      let results: [RequirementResult]
      if let known = judged[setting] {
        results = known
      } else {
        results = try setting.judge(outcome.export.policies, place)
        judged[setting] = results
      }
      let catalogue = try setting.catalogue()
      let wanted = results.filter { result in
        result.requirement.port == claim.port
          && (claim.host == "all"
            || catalogue.endpoints[result.requirement.endpoint].text == claim.host)
      }
      #expect(!wanted.isEmpty, "\(place): the list has no \(claim.host) on \(claim.port)")
      for result in wanted {
        let host = catalogue.endpoints[result.requirement.endpoint].text
        #expect(
          result.verdict == claim.verdict,
          "\(place): \(host) is \(result.verdict.rawValue), claimed \(claim.verdict.rawValue)")
        if let rule = claim.rule {
          #expect(
            result.deciding.contains { $0.rule == rule },
            "\(place): \(host) is decided by \(result.deciding.map(\.rule))")
        }
        if let kind = claim.kind {
          #expect(
            result.conditions.contains { $0.condition.kind == kind },
            "\(place): \(host) hangs on \(result.conditions.map(\.condition))")
        }
      }
      count += 1
    }
    #expect(count > 0, "\(sample.testDescription)/claims.txt claims nothing")
  }

  private static func hasClaims(_ sample: SampleCase) -> Bool {
    FileManager.default.fileExists(
      atPath: sample.folder.appendingPathComponent("claims.txt").path)
  }

  /// Words, those in quotes whole; without comments.
  private static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    var hasWord = false
    for scalar in line.unicodeScalars {
      if scalar == "\"" {
        isQuoted.toggle()
        hasWord = true
      } else if scalar == "#", !isQuoted, !hasWord {
        break
      } else if scalar == " ", !isQuoted {
        if hasWord { words.append(word) }
        word = ""
        hasWord = false
      } else {
        word.unicodeScalars.append(scalar)
        hasWord = true
      }
    }
    if hasWord { words.append(word) }
    return words
  }

  private struct Claim {
    let verdict: Verdict
    let port: UInt16
    let host: String
    var rule: String?
    var kind: Condition.Kind?

    init?(_ words: [String]) {
      guard words.count >= 3, let verdict = Verdict(rawValue: words[0]),
        let port = UInt16(words[1])
      else { return nil }
      self.verdict = verdict
      self.port = port
      host = words[2]
      var rest = words.dropFirst(3)
      while let word = rest.popFirst() {
        guard let value = rest.popFirst() else { return nil }
        switch word {
        case "by": rule = value
        case "if":
          guard let kind = Condition.Kind(rawValue: value) else { return nil }
          self.kind = kind
        default: return nil
        }
      }
    }
  }

  private struct Setting: Hashable {
    var scope: String?
    var from: String?
    var to: String?
    var client: String?
    var family = "ipv4"
    var application: String?
    var category: String?
    var list = "2024-05-17"

    mutating func take(_ name: String, _ value: String?) -> Bool {
      switch name {
      case "scope": scope = value
      case "from": from = value
      case "to": to = value
      case "client": client = value
      case "family": family = value ?? "ipv4"
      case "application": application = value
      case "category": category = value
      case "list": list = value ?? "2024-05-17"
      default: return false
      }
      return true
    }

    func catalogue() throws -> Catalogue {
      try #require(try BuiltInCatalogues.all().first { $0.version == list })
    }

    /// The results of the first client of the first policy that the settings mean.
    func judge(_ policies: [Policy], _ place: String) throws -> [RequirementResult] {
      let policy = try #require(
        policies.first { scope == nil || $0.scope == scope },
        "\(place): no scope `\(scope ?? "")`; there are \(policies.map(\.scope))")
      let family = try #require(AddressFamily(rawValue: family))
      let selection = ClientSelection(
        fromZone: from, toZone: to,
        networks: try client.map { try #require(AddressSet(parsing: $0), "\(place): client") },
        family: family)
      let choice = try #require(try selection.choices(for: policy).first)
      var knowledge = OutsideKnowledge()
      if let application { knowledge.applications = [application] }
      if let category { knowledge.categories = [category] }
      return Evaluation(
        path: NetworkPath(
          hops: [Hop(device: "device", policy: CompiledPolicy(policy), client: choice.client)],
          family: family),
        catalogue: try catalogue(), knowledge: knowledge
      ).run().results
    }
  }
}
