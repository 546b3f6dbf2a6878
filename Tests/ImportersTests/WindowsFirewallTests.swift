import ImportKit
import Importers
import NetworkSets
import PolicyModel
import Testing

/// What the fields of rules come to. Sources: [MS-GPFAS] 2.2.2.19, [MS-FASP] 2.2.37.
@Suite struct WindowsFirewallTests {
  private static func rule(_ fields: String, profile: String = "Domain") throws -> Rule? {
    let text = "v2.31|Action=Allow|Active=TRUE|Dir=Out|\(fields)Name=test|\n"
    let outcome = try importerRegistry.read([ExportFile(name: "test", bytes: Array(text.utf8))])
    let policy = try #require(outcome.export.policies.first { $0.scope == profile })
    return policy.table(named: "outbound")?.rules.first { $0.name == "test" }
  }

  enum Answer: Equatable {
    case holds
    case never
    case clause(Clause)
    case condition(Condition.Kind)
  }

  private static func ports(_ ports: PortSet, source: PortSet = .full) -> Answer {
    .clause(
      .service(
        ServiceList([
          .service(Service(protocol: 6, destinationPorts: ports, sourcePorts: source))
        ])))
  }

  static let rows: [(String, Answer)] = [
    ("", .holds), ("Protocol=6|", ports(.full)), ("Protocol=6|RPort=443|", ports(PortSet(443))),
    ("Protocol=6|RPort=80|RPort=443|", ports(PortSet(80).union(PortSet(443)))),
    ("Protocol=6|RPort2_10=8000-8010|", ports(PortSet(8000...8010))),
    ("Protocol=6|LPort=1024|", ports(.full, source: PortSet(1024))),
    // Addresses: keywords for hosts beside the computer are no hosts on the Internet.
    ("RA4=LocalSubnet|", .never), ("RA4=DNS|RA6=DNS|", .never),
    (
      "RA42=IntErnet|",
      .clause(
        .destination(
          EndpointList([.addresses(AddressSet(v4: SpecialPurposeAddresses.internet.v4))])))
    ),
    (
      "RA4=10.0.0.0/255.0.0.0|RA4=LocalSubnet|",
      .clause(.destination(EndpointList([.addresses(AddressSet(parsing: "10.0.0.0/8")!)])))
    ),
    (
      "RA4=192.0.2.1-192.0.2.9|",
      .clause(.destination(EndpointList([.addresses(AddressSet(parsing: "192.0.2.1-192.0.2.9")!)])))
    ),
    // Programs and services.
    ("App=System|", .never), ("App=C:\\Tools\\tool.exe|", .never), ("Svc=Spooler|", .never),
    ("App=%ProgramFiles%\\Windows Defender\\MsMpEng.exe|", .clause(.application(["MsMpEng.exe"]))),
    ("App=%SystemRoot%\\system32\\svchost.exe|", .clause(.application(["svchost.exe"]))),
    ("App=%SystemRoot%\\system32\\svchost.exe|Svc=BITS|", .clause(.application(["BITS"]))),
    ("App=%SystemRoot%\\system32\\svchost.exe|Svc=Dhcp|", .never),
    ("AppPkgId=S-1-15-2-1|", .never), ("PFN=Contoso.App_1234|", .never),
    // Conditions.
    ("LUAuth=O:LSD:(A;;CC;;;S-1-5-18)|", .condition(.user)),
    ("IFType=Wireless|", .condition(.interfaceBinding)),
    ("Security=Authenticate|", .condition(.unmodelled)),
    ("AuthByPassOut=TRUE|", .condition(.unmodelled)),
    ("Platform=2:6:1|", .condition(.unmodelled)), ("Platform=2:6:1|Platform2=GTEQ|", .holds),
    (
      "RPort=RPC|",
      .clause(.service(ServiceList([.condition(Condition(.unmodelled, "port keyword `RPC`"))])))
    ),
    ("Unheard=1|", .condition(.unmodelled)), ("TTK2_28=WFDDisplay|", .condition(.unmodelled)),
    // INetFwRule3::put_LocalUserOwner; Defender runs as LocalSystem.
    ("LUOwn=S-1-5-21-1-2-3-1001|", .never), ("LUOwn=S-1-5-18|", .holds),
    ("LUOwn={{ sid }}|", .condition(.user)),
    // [MS-FASP] 2.2.37, OnNetworkNames.
    ("NNm=corp.example.com|", .condition(.interfaceBinding)),
    ("Active=perhaps|", .condition(.notInForce)), ("Dir=Sideways|", .condition(.unmodelled)),
    ("Svc={{ service }}|", .condition(.unmodelled)), ("App=browser|", .condition(.unmodelled)),
    ("Edge=TRUE|Defer=App|LSM=TRUE|Desc=x|EmbedCtxt=y|", .holds),
  ]

  @Test(arguments: rows)
  func fieldIsTranslated(_ row: (fields: String, answer: Answer)) throws {
    let rule = try #require(try Self.rule(row.fields))
    let answer: Answer
    switch rule.match.clauses.last {
    case nil: answer = .holds
    case .never: answer = .never
    case .requires(let condition): answer = .condition(condition.kind)
    case .some(let clause): answer = .clause(clause)
    }
    #expect(answer == row.answer)
  }

  @Test func everyProfileHasAFieldOfItsOwn() throws {
    let fields = "Profile=Private|Profile=Public|"
    #expect(try Self.rule(fields, profile: "Domain") == nil)
    #expect(try Self.rule(fields, profile: "Private") != nil)
    #expect(try Self.rule(fields, profile: "Public") != nil)
  }

  /// Without its version a value is not loaded; without `Active` a rule is not active.
  @Test func valuesThatWindowsDoesNotLoad() throws {
    let text = """
      BlockIt|Action=Block|Active=TRUE|Dir=Out|Name=one|
      v2.31|Action=Block|Dir=Out|Name=two|
      """
    let outcome = try importerRegistry.read([ExportFile(name: "test", bytes: Array(text.utf8))])
    let rules = try #require(outcome.export.policies[0].table(named: "outbound")).rules
    let one = try #require(rules.first { $0.name == "one" })
    guard case .never? = one.match.clauses.first else {
      Issue.record("the value has no version")
      return
    }
    #expect(try #require(rules.first { $0.name == "two" }).enabled == false)
  }
}
