import CatalogueReaders
import EndpointCatalogue
import Foundation
import JSONTree
import TestSupport
import Testing

@testable import Evidence

/// What reports of endpoint computers say. The forms are those of the vendor's pages named beside the
/// readers; names and addresses are invented.
@Suite struct EvidenceReaderTests {
  private static func read(_ text: String) throws -> [EvidenceFact] {
    try read(Array(text.utf8))
  }

  private static func read(_ bytes: [UInt8]) throws -> [EvidenceFact] {
    let catalogue = try #require(try BuiltInCatalogues.all().last { $0.id == "defender-antivirus" })
    return try EvidenceReader(catalogue).facts(bytes, file: "report")
  }

  private static func utf16(_ text: String) -> [UInt8] {
    [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  @Test(
    arguments: [
      (
        "ValidateMapsConnection successfully established a connection to MAPS\r\n",
        EvidenceFact.Outcome.connected, nil, nil
      ),
      (
        """
        MpEnsureProcessMitigationPolicy: hr = 0x1
        ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80070006 httpcore=451)
        MpCmdRun.exe: hr = 0x80070006
        """, .notConnected, "0x80070006", Cause.proxyMissing
      ),
      // Without the closing bracket, as a page prints it.
      (
        "ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80508015 httpcode=451",
        .notConnected, "0x80508015", .blocked
      ),
      // Nine digits, as the page prints it.
      (
        "ValidateMapsConnection failed to establish a connection to MAPS (hr=800722F0D httpcode=451)",
        .notConnected, "0x80072F0D", .untrustedRoot
      ),
      // Not elevated, not the network.
      (
        "ValidateMapsConnection failed to establish a connection to MAPS (hr=80070005 httpcode=450)",
        .notRun, "0x80070005", .notElevated
      ),
      ("ValidateMapsConnection failed (800106BA)", .notEnabled, "0x800106BA", .serviceStopped),
      ("ValidateMapsConnection failed (80070667)", .notRun, "0x80070667", .oldWindows),
      // A number that no page explains is decoded, never dropped.
      (
        "ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072EFD httpcode=451)",
        .notConnected, "0x80072EFD", .cannotConnect
      ),
      (
        "'MpCmdRun' n’est pas reconnu en tant que commande interne\nou externe", .notRun, nil,
        .wrongFolder
      ),
      (
        "MpCmdRun: Command Line: MpCmdRun.exe -ValidateMapsConnection\nWARN: Product/Feature disabled\n"
          + "[Failed][0x80004005] ???", .notEnabled, "0x80004005", .productDisabled
      ),
    ] as [(String, EvidenceFact.Outcome, String?, Cause?)])
  func validation(
    _ text: String, _ outcome: EvidenceFact.Outcome, _ hr: String?, _ cause: Cause?
  ) throws {
    for bytes in [Array(text.utf8), Self.utf16(text)] {
      let facts = try Self.read(bytes)
      #expect(facts.count == 1)
      #expect(facts[0].outcome == outcome)
      #expect(facts[0].error?.text == hr)
      #expect(facts[0].cause == cause)
    }
  }

  @Test(
    arguments: [
      ("0x80072F8F", UInt32(0x8007_2F8F), 12_175, "ERROR_WINHTTP_SECURE_FAILURE"),
      ("80072f8f", 0x8007_2F8F, 12_175, "ERROR_WINHTTP_SECURE_FAILURE"),
      ("-2147012889", 0x8007_2EE7, 12_007, "ERROR_WINHTTP_NAME_NOT_RESOLVED"),
      ("12007", 0x8007_2EE7, 12_007, "ERROR_WINHTTP_NAME_NOT_RESOLVED"),
      ("2EE7", 0x8007_2EE7, 12_007, "ERROR_WINHTTP_NAME_NOT_RESOLVED"),
      ("0x80190197", 0x8019_0197, nil, "HTTP_E_STATUS_407"),
      ("0x80200193", 0x8020_0193, nil, "BG_E_HTTP_ERROR_403"),
      ("0x800705B4.", 0x8007_05B4, 1460, "ERROR_TIMEOUT"),
    ] as [(String, UInt32, Int?, String?)])
  func numbers(_ text: String, _ hr: UInt32, _ code: Int?, _ name: String?) throws {
    let number = try #require(ErrorNumber(parsing: text))
    #expect(number.hr == hr)
    #expect(number.code == code)
    #expect(number.name == name)
  }

  @Test(arguments: ["", "0x", "hello", "0x123456789", "99999999999999", "-", "0xZZ"])
  func whatIsNoNumber(_ text: String) { #expect(ErrorNumber(parsing: text) == nil) }

  @Test func successIsNoFailure() throws {
    #expect(try #require(ErrorNumber(parsing: "0x1")).isFailure == false)
    #expect(try #require(ErrorNumber(parsing: "0")).isFailure == false)
  }

  @Test(arguments: [
    ("\nCurrent WinHTTP proxy settings:\n\n    Direct access (no proxy server).\n", "direct", ""),
    (
      "\nCurrent WinHTTP proxy settings:\n\n    Proxy Server(s) :  proxy.example.com:8080\n"
        + "    Bypass List     :  (none)\n", "named", "server-all=proxy.example.com:8080"
    ),
    (
      "\nParamètres de proxy WinHTTP actuels :\n\n    Serveur(s) proxy :  "
        + "http=a.example.com:80;https=b.example.com:81\n    Liste de contournement     :  *.local;<local>\n",
      "named",
      "server-http=a.example.com:80 server-https=b.example.com:81 bypass=*.local bypass=<local>"
    ),
  ])
  func proxies(_ text: String, _ outcome: String, _ details: String) throws {
    let fact = try #require(try Self.read(text).first)
    #expect(fact.outcome.rawValue == outcome)
    #expect(fact.details.map { "\($0.name)=\($0.value)" }.joined(separator: " ") == details)
  }

  /// Bytes of a code page say nothing but where they stand.
  @Test func codePages() throws {
    let head =
      Array("\nParam".utf8) + [0x8A] + Array("tres de proxy WinHTTP actuels".utf8) + [0xFF, 0x3A]
    let body =
      Array("\r\n\r\n    Serveur(s) proxy".utf8) + [0xFF] + Array(":  p.example.com:3128\r\n".utf8)
    let fact = try #require(try Self.read(head + body).first)
    #expect(fact.outcome == .named)
    #expect(fact.details.first?.value == "p.example.com:3128")
  }

  @Test func lastRunOfALogDecides() throws {
    let line = String(repeating: "-", count: 40)
    let facts = try Self.read(
      """
      \(line)
      MpCmdRun: Command Line: "C:\\Program Files\\Windows Defender\\MpCmdRun.exe" -ValidateMapsConnection
       Start Time:  Tue Nov 24 2026 09:14:02
      ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072F8F httpcore=451)
      \(line)
      MpCmdRun: Command Line: MpCmdRun.exe -SignatureUpdate -MMPC
      ERROR: Signature Update failed with hr=0x80072EE7
      \(line)
      MpCmdRun: Command Line: MpCmdRun.exe -ValidateMapsConnection
      ValidateMapsConnection successfully established a connection to MAPS
      """)
    #expect(facts.map(\.outcome) == [.notConnected, .updateFailed, .connected])
    #expect(facts[0].cause == .resolvedSince)
    #expect(facts[0].at == "Tue Nov 24 2026 09:14:02")
    #expect(facts[1].subject.service == "adl")
  }

  @Test func registryOfEitherForm() throws {
    let file = """
      Windows Registry Editor Version 5.00

      [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\Spynet]
      "SSLOptions"=dword:00000000
      ; "SpynetReporting"=dword:00000000
      "SpynetReporting"=dword:00000002
      "DisableBlockAtFirstSeen"=-
      """
    let fact = try #require(try Self.read(Self.utf16(file)).first)
    #expect(fact.outcome == .enabled)
    #expect(fact.findings == [EvidenceFinding(.tlsChecksWeakened, "pinning, revocation")])
    #expect(fact.details.contains(EvidenceFact.Detail("DisableBlockAtFirstSeen", "(deleted)")))
    let query = """
      HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\Spynet
          SSLOptions    REG_DWORD    0x2
          SpyNetReporting    REG_DWORD    0x0
      """
    let other = try #require(try Self.read(query).first)
    #expect(other.outcome == .notEnabled)
    #expect(other.findings.map(\.id) == [.cloudProtectionOff, .tlsChecksWeakened])
  }

  /// Paths, users and digests of files never leave the report.
  @Test func eventsWithoutRootAndWithoutPersons() throws {
    func event(_ id: Int, _ data: String) -> String {
      "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        + "<Provider Name='Microsoft-Windows-Windows Defender'/><EventID>\(id)</EventID>"
        + "<TimeCreated SystemTime='2026-11-24T08:15:02.0000000Z'/></System><EventData>\(data)"
        + "</EventData></Event>"
    }
    let text =
      event(
        2001,
        "<Data Name='Source Path'>https://go.microsoft.com/fwlink/?LinkID=1</Data>"
          + "<Data Name='User'>CANARY-user</Data><Data Name='Error Code'>0x80072ee7</Data>")
      + "\n"
      + event(
        2050,
        "<Data Name='Filename'>C:\\Users\\CANARY\\a.exe</Data><Data Name='Sha256'>CANARY</Data>")
      + event(
        5007,
        "<Data Name='Old Value'>HKLM\\S\\Spynet\\SSLOptions = 0x3</Data>"
          + "<Data Name='New Value'>HKLM\\S\\Spynet\\SSLOptions = 0x0</Data>")
      + event(1116, "<Data Name='Threat Name'>Test</Data><Data Name='Path'>CANARY</Data>")
    let facts = try Self.read(text)
    #expect(facts.map(\.outcome) == [.updateFailed, .sampleUploaded, .settingChanged, .detected])
    #expect(facts[0].subject.endpoint == "go.microsoft.com")
    #expect(facts[0].at == "2026-11-24T08:15:02Z")
    #expect(facts[2].details.contains(EvidenceFact.Detail("to", "0")))
    let written =
      EvidenceJSON.write(facts, file: "x") + EvidenceText(.english, width: 80).write(facts)
    #expect(!written.contains("CANARY"))
  }

  @Test func probes() throws {
    let mdatp = try Self.read(
      "Testing connection with https://cdn.x.cp.wd.microsoft.com/ping ... [OK]\n"
        + "Testing connection with https://other.example.com/test ... [ERROR: 35]\n")
    #expect(mdatp.map(\.outcome) == [.reachable, .notReachable])
    #expect(mdatp[0].subject.endpoint == "*.wd.microsoft.com")
    #expect(mdatp[1].subject.endpoint == nil)
    let net = try Self.read(
      "AVERTISSEMENT : Échec\n\nComputerName           : definitionupdates.microsoft.com\n"
        + "RemoteAddress          : 203.0.113.7\nRemotePort             : 443\n"
        + "TcpTestSucceeded       : False\n")
    #expect(net.map(\.outcome) == [.notReachable])
    #expect(net[0].certainty == .likely)
  }

  @Test(arguments: [
    "", "   \n", "hello world\n", "{\"a\": 1}", "<x/>", "<Event", "{\"AMRunningMode\": ",
    "\u{FEFF}", "[]",
  ])
  func whatIsNoReport(_ text: String) {
    #expect(throws: EvidenceError.self) { try Self.read(text) }
  }

  /// Every cause, remedy, finding and outcome has words in both languages, and none is the other's.
  @Test func bothLanguages() {
    let english = EvidenceWords(.english)
    let french = EvidenceWords(.french)
    for cause in Cause.allCases where cause != .clock {
      #expect(!english.text(cause).isEmpty && english.text(cause) != french.text(cause), "\(cause)")
    }
    for remedy in Remedy.allCases {
      #expect(!english.text(remedy).isEmpty && english.text(remedy) != french.text(remedy))
    }
    for outcome in EvidenceFact.Outcome.allCases {
      #expect(!english.text(outcome).isEmpty && english.text(outcome) != french.text(outcome))
    }
  }
}
