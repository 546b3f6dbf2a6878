import CatalogueReaders
import ComplianceEngine
import Foundation
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// Numbers and depths at their ends: an answer or an error, never a trap.
@Suite struct HostileNumberTests {
  private static let numbers = [
    "9223372036854775807", "-9223372036854775808", "18446744073709551615", "-1",
  ]

  /// Every sample with all its numbers replaced at once, and with every third one.
  @Test(arguments: try Repository.folders(in: Repository.samples))
  func everyNumberOfEverySampleMayBeOdd(_ format: String) throws {
    let folder = Repository.samples.appendingPathComponent(format)
    for name in try Repository.folders(in: folder) {
      let path = folder.appendingPathComponent(name)
      for file in try Repository.files(in: path) where file.hasPrefix("input") {
        let bytes = try Repository.bytes(path.appendingPathComponent(file))
        guard bytes.count < 20_000, let text = String(validating: bytes, as: UTF8.self) else {
          continue
        }
        for number in Self.numbers {
          for step in [1, 3] {
            let changed = Self.replacing(text, by: number, every: step)
            _ = try? importerRegistry.read([ExportFile(name: file, bytes: Array(changed.utf8))])
          }
        }
      }
    }
  }

  private static func replacing(_ text: String, by number: String, every step: Int) -> String {
    var result = String.UnicodeScalarView()
    var count = 0
    var isInside = false
    for scalar in text.unicodeScalars {
      let isDigit = ("0"..."9").contains(scalar)
      if isDigit, !isInside { count += 1 }
      if !(isDigit && count.isMultiple(of: step)) {
        result.append(scalar)
      } else if !isInside {
        result.append(contentsOf: number.unicodeScalars)
      }
      isInside = isDigit
    }
    return String(result)
  }

  private static let depth = 20_000

  private static let panos: String = {
    let groups = (0..<depth).map {
      "<entry name=\"g\($0)\"><static><member>g\($0 + 1)</member></static></entry>"
    }
    let services = (0..<depth).map {
      "<entry name=\"s\($0)\"><members><member>s\($0 + 1)</member></members></entry>"
    }
    return """
      <config version="10.2.0"><devices><entry name="localhost.localdomain"><vsys>
      <entry name="vsys1"><address-group>\(groups.joined())</address-group>
      <service-group>\(services.joined())</service-group><rulebase><security><rules>
      <entry name="r"><from><member>any</member></from><to><member>any</member></to>
      <source><member>any</member></source><destination><member>g0</member></destination>
      <application><member>any</member></application><service><member>s0</member></service>
      <action>allow</action></entry></rules></security></rulebase></entry></vsys></entry></devices></config>
      """
  }()

  private static func packetFilter(_ root: String) -> String {
    let aliases = (0..<depth).map { number in
      ["network", "port"].map { type in
        "<alias><name>\(type)\(number)</name><type>\(type)</type><address>\(type)\(number + 1)</address>"
          + "</alias>"
      }.joined()
    }
    return """
      <\(root)><version>21.0</version><aliases>\(aliases.joined())</aliases>
      <interfaces><lan><if>em0</if></lan><wan><if>em1</if></wan></interfaces><filter><rule>
      <type>pass</type><interface>lan</interface><protocol>tcp</protocol><source><any/></source>
      <destination><address>network0</address><port>port0</port></destination></rule></filter></\(root)>
      """
  }

  private static let junos: String = {
    let sets = (0..<depth).map { number in
      "<address-set><name>g\(number)</name><address-set><name>g\(number + 1)</name></address-set>"
        + "</address-set>"
    }
    let applications = (0..<depth).map { number in
      "<application-set><name>s\(number)</name><application-set><name>s\(number + 1)</name>"
        + "</application-set></application-set>"
    }
    return """
      <configuration><version>21.2R1</version><security><address-book><name>global</name>
      \(sets.joined())</address-book><policies><policy><from-zone-name>a</from-zone-name>
      <to-zone-name>b</to-zone-name><policy><name>p</name><match><source-address>any</source-address>
      <destination-address>g0</destination-address><application>s0</application></match>
      <then><permit/></then></policy></policy></policies><zones><security-zone><name>a</name>
      </security-zone><security-zone><name>b</name></security-zone></zones></security>
      <applications>\(applications.joined())</applications></configuration>
      """
  }()

  /// 20,000 groups, each in the next. A group that lies too deep is a doubt.
  @Test(arguments: [panos, packetFilter("pfsense"), packetFilter("opnsense"), junos])
  func groupsInGroupsWithoutEnd(_ text: String) throws {
    let outcome = try importerRegistry.read([ExportFile(name: "input", bytes: Array(text.utf8))])
    let objects = outcome.export.policies[0].endpointObjects
    #expect(objects.count > 100)
    // The last group names one that is not there, or lies too deep: a doubt either way.
    #expect(
      objects.flatMap(\.list.terms).contains { term in
        if case .condition = term { true } else { false }
      })
    // Whatever the depth, the engine comes to an answer, and it is not a definite one.
    let policy = outcome.export.policies[0]
    let client = policy.proposals.first?.client ?? Client()
    let catalogue = try #require(try BuiltInCatalogues.all().last)
    let results = Evaluation(
      path: NetworkPath(
        hops: [Hop(device: "deep", policy: CompiledPolicy(policy), client: client)]),
      catalogue: catalogue
    ).run().results
    #expect(results.contains { $0.verdict != .allowed })
  }
}
