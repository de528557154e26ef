// What is told of a block that has more than quotes and brackets, in blocksAVX2 and
// blocksAVX512, whose registers it shares: CX are its backslashes, R8 what is no ASCII,
// R14 what is odd.

	XORL       AX, AX
	TESTQ      CX, CX
	SETNE      AX
	XORL       CX, CX
	TESTQ      R8, R8
	SETNE      CX
	LEAQ       (AX)(CX*2), AX
	XORL       CX, CX
	TESTQ      R14, R14
	SETNE      CX
	LEAQ       (AX)(CX*4), AX
	XORL       CX, CX
	CMPQ       (R12)(DX*8), $0
	SETNE      CX
	LEAQ       (AX)(CX*8), AX
	MOVB       AX, (R11)(DX*1)     // hasEscape, hasHigh, hasOdd, hasLine
	MOVQ       kept-8(SP), R8
	JMP        next
