import NetworkSets
import Testing

@Suite struct PortSetTests {
  @Test(arguments: [
    ("443", "443"), ("80,443", "80,443"), ("443,80", "80,443"), ("8000-8080", "8000-8080"),
    ("8000:8080", "8000-8080"), ("80,81,82", "80-82"), ("1-100,50-200", "1-200"),
    (" 80 , 443 ", "80,443"), ("0-65535", "any"), ("0", "0"), ("65535", "65535"),
    ("8000 - 8080", "8000-8080"),
  ])
  func reads(_ text: String, _ expected: String) {
    #expect(PortSet(parsing: text)?.text == expected)
  }

  @Test(arguments: [
    "", ",", "80,", "65536", "-1", "80-", "-", "90-80", "80-81-82", "http", "8O", "+80", "0x50",
    "８０", "99999999999999999999",
  ])
  func refuses(_ text: String) {
    #expect(PortSet(parsing: text) == nil)
  }

  @Test func ephemeralPortsAreTheUpperOnes() {
    #expect(!PortSet.ephemeral.contains(1023))
    #expect(PortSet.ephemeral.contains(1024) && PortSet.ephemeral.contains(65535))
  }
}
