// Of a block that has more than quotes and brackets, in blocksAVX2 and blocksAVX512,
// whose registers it shares: CX are its backslashes, R14 its control characters.

	// Escaped bytes are those behind a run of backslashes of odd length. Where
	// a run's first place is added to the run, the sum carries to the place
	// behind it; compared with the odd places of the block this tells odd runs
	// from even ones, wherever they begin.
	MOVQ  CX, R8
	ORQ   R9, R8
	JZ    strings
	MOVQ  R9, R8
	NOTQ  R8
	ANDQ  CX, R8                   // R8: backslashes that are not escaped from before
	LEAQ  (R8)(R8*1), R15
	ORQ   odd<>(SB), R15
	SUBQ  R8, R15
	XORQ  odd<>(SB), R15           // R15: the 1st, 3rd, … byte of each run, and what an odd run escapes
	ORQ   CX, R9
	XORQ  R15, R9
	NOTQ  R9                       // R9: all but escaped bytes
	ANDQ  R9, AX
	MOVQ  R15, R9
	ANDQ  CX, R9
	SHRQ  $63, R9

strings:
	VMOVQ      AX, X6
	VPCLMULQDQ $0, X7, X6, X6
	VMOVQ      X6, R15
	XORQ       R10, R15            // R15: the inside of strings
	MOVQ       R15, R10
	SARQ       $63, R10
	MOVQ       AX, (DI)(DX*8)
	ANDQ       R15, R14            // control characters in strings
	NOTQ       R15
	ANDQ       R15, BX
	ANDQ       CX, R15             // backslashes outside
	ORQ        R15, R14            // R14: what is odd
